"""Amundsen's search service that finds nothing, where a real one has Elasticsearch. Its configuration stays the one under test."""

from amundsen_common.models.search import SearchResponse
from search_service import config
from search_service.proxy.base import BaseProxy


class MemorySearch(BaseProxy):
    def __init__(self, **settings):
        pass

    def search(self, **_):
        nothing = {'table': {'results': [], 'total_results': 0}}
        return SearchResponse(msg='', page_index=0, results_per_page=10, results=nothing, status_code=200)


def not_there(self, **_):
    raise NotImplementedError('not in memory')


for name in MemorySearch.__abstractmethods__:
    setattr(MemorySearch, name, not_there)
MemorySearch.__abstractmethods__ = frozenset()

# Every configuration class inherits it, whichever SEARCH_SVC_CONFIG_MODULE_CLASS names.
config.Config.ES_PROXY_CLIENT = config.LocalConfig.ES_PROXY_CLIENT = 'memory_search.MemorySearch'

from search_service.search_wsgi import application  # noqa: E402, F401
