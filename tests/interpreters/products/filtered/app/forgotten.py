from sqlalchemy.orm import Mapped, mapped_column

from app.models import Base


class Forgotten(Base):
    __tablename__ = "forgotten"

    id: Mapped[int] = mapped_column(primary_key=True)
