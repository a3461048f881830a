"""What developers and tests use beside DSpace; nothing that runs in production imports it."""
