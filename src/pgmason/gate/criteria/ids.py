"""Are primary keys of the kind that the product chose?"""

from __future__ import annotations

from pgmason.findings import Severity
from pgmason.gate.criterion import NotBuilt


class Ids(NotBuilt):
    title = "Primary keys are of the chosen kind"
    identified = 'each primary key is a UUID where pgmason.toml says ids = "uuid", a serial where it says "serial"'
    brief = ("rules.7",)
    weighs = Severity.STYLE
    room = "rules"
    until_then = "choose one kind of key in the design, and hold new tables to it"
