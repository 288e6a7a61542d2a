"""Task queues: one for the unlock path, and one for each other vendor, which may be slow or down.

Workflows and the payment, grant and record activities share a queue and a worker. The server can then
return activities together with the response to a workflow task (eager dispatch).
"""

from typing import Final

MAIN: Final = "perennial"
ERP: Final = "perennial-erp"
CRM: Final = "perennial-crm"
EMAIL: Final = "perennial-email"

ALL: Final = (MAIN, ERP, CRM, EMAIL)
