"""The core: communities, collections, items and their files, who may see them, and who must hear of a change."""
