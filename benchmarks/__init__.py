"""What `make bench` measures: our figures, the goals, and what a DSpace 9 needed on such a machine."""
