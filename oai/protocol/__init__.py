"""OAI-PMH 2.0 in plain Python: requests, errors, tokens, verbs and the writer. No Django in here.

Standard: http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm ("the standard" in this package).
"""
