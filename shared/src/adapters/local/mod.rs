//! In-process queue and folder adapters for the local program: queue, audit trail, objects.
