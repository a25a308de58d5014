"""Unit metrics: what they are counted from, how each is defined, and how they roll up the tree."""

from assessment.engine.metrics.definitions import METRICS, Metric
from assessment.engine.metrics.ground import Ground
from assessment.engine.metrics.rollup import Figure, metrics_by_unit, rows_of

__all__ = ["METRICS", "Figure", "Ground", "Metric", "metrics_by_unit", "rows_of"]
