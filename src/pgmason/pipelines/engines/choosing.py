"""Which engine runs a pipeline: the one that is asked for, or the product's own."""

from __future__ import annotations

from pgmason.config import EngineSetting
from pgmason.errors import WrongUse
from pgmason.pipelines.engines import Engine

__all__ = ["chosen_engine"]


def chosen_engine(own: EngineSetting, *, name: str | None, workers: int | None, master: str | None) -> Engine:
    """The engine, ready. What is asked for goes before what is `own`, whose details are of the engine of that name;
    a master alone asks for Spark. Raises WrongUse, and what starting a session of Spark raises."""
    name = name or ("spark" if master is not None else own.name)
    setting = own if name == own.name else EngineSetting(name=name)
    if name == "spark":
        from pgmason.pipelines.engines import spark

        if master is None and workers is None:
            master, workers = setting.master, setting.workers
        return spark.engine(workers, master=master, settings=setting.settings)
    if master is not None:
        raise WrongUse(f"--master is of the engine spark, and this is {name}", fix="--engine spark")
    if name == "processes":
        from pgmason.pipelines.engines import processes

        return processes.engine(workers or setting.workers)
    from pgmason.pipelines.engines import local

    return local.engine(workers or setting.workers)
