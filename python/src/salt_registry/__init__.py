"""Salt's schema registry for Python services with celery-salt.

    from celery_salt.core.registry import set_schema_registry
    from salt_registry import SaltRegistry

    set_schema_registry(SaltRegistry("https://registry.example.com", service="shop"))

Do this before any module with events or handlers is imported: celery-salt
registers and resolves schemas at import.
"""

from salt_registry.errors import (
    SaltRegistryError,
    SaltRegistryRefused,
    SaltRegistryUnavailable,
    SaltSchemaConflict,
)
from salt_registry.registry import Health, SaltRegistry

__all__ = [
    "Health",
    "SaltRegistry",
    "SaltRegistryError",
    "SaltRegistryRefused",
    "SaltRegistryUnavailable",
    "SaltSchemaConflict",
]
