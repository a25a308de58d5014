"""What is taught and by whom. So far the pool of lecturers: who may be asked, for what, from when until when."""

from training.models.lecturers import Lecturer

__all__ = ["Lecturer"]
