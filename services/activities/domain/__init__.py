"""Pure decisions of the activities service: no database, no broker, no clock."""
