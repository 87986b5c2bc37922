"""A measured figure beside its bound."""

from dataclasses import dataclass
from typing import Optional


@dataclass
class Figure:
    """One line of the table. `bound` is the largest value that passes, or the least when `at_least`."""

    name: str
    value: float
    unit: str
    bound: Optional[float] = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self) -> list:
        sign = "≥" if self.at_least else "≤"
        bound = "" if self.bound is None else f"{sign} {self.bound:g} {self.unit}"
        verdict = "" if self.bound is None else ("yes" if self.holds else "NO")
        value = f"{self.value:,.0f}" if abs(self.value) >= 100 or self.value == int(self.value) else f"{self.value:.2f}"
        return [self.name, f"{value} {self.unit}", bound, verdict]


def table(figures: list) -> str:
    """The figures in columns."""
    rows = [["FIGURE", "MEASURED", "BOUND", "HOLDS"]] + [figure.row() for figure in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
