from support.agent_fixtures import _swept, endless, grader, site, suppliers

__all__ = ["_swept", "endless", "grader", "site", "suppliers"]
