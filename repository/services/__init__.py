"""The only writers of the core's tables. Each public function takes keywords, checks permission, is one transaction,
and says what changed."""
