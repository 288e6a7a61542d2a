"""Task queues: the unlock path has one of its own; each vendor that may be slow or dead has another.

Workflows, payment, grant and record activities share a queue and a worker, so that the server hands
activities back with the workflow task (eager dispatch).
"""

from typing import Final

MAIN: Final = "perennial"
ERP: Final = "perennial-erp"
CRM: Final = "perennial-crm"
EMAIL: Final = "perennial-email"

ALL: Final = (MAIN, ERP, CRM, EMAIL)
