"""The resource names of identity."""

from services._platform.names import Pattern

USER = Pattern("users/{user}")
SESSION = Pattern("sessions/{session}")
API_KEY = Pattern("apiKeys/{api_key}")
AUDIT_ENTRY = Pattern("auditEntries/{audit_entry}")
SERVICE = Pattern("services/{service}")
