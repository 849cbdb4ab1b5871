"""What other systems know, from CSV files: patients, open slots, booked visits.

1. `rows` reads the file line by line; a line that cannot be used becomes a problem with its number, never its content.
2. `cells` reads single cells: names, moments, lengths, dates, addresses.
3. `patients`, `schedule` and `appointments` each write batches of good rows, every batch in one unit of work.

        file ─► rows.read ─► cells ─► batch of ~200 ─► one unit of work ─► Report

Importing a file again changes nothing. A crash halfway leaves whole batches; the same command then does the rest.
"""

from hub.imports.appointments import import_appointments
from hub.imports.patients import import_patients
from hub.imports.rows import Progress, Report, RowProblem
from hub.imports.schedule import import_schedule

__all__ = ["Progress", "Report", "RowProblem", "import_appointments", "import_patients", "import_schedule"]
