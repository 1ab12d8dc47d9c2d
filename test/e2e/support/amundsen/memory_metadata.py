"""Amundsen's metadata service with people in memory, where a real one has Neo4j. Its configuration stays the one under test."""

import json
import os

from amundsen_common.models.api.health_check import HealthCheck, OK
from amundsen_common.models.user import UserSchema
from metadata_service import config
from metadata_service.exception import NotFoundException
from metadata_service.proxy.base_proxy import BaseProxy


class MemoryProxy(BaseProxy):
    def __init__(self, **settings):
        known = json.loads(os.environ.get('MEMORY_METADATA_USERS', '[]'))
        self.users = {user['user_id']: UserSchema().load(user) for user in known}
        self.bookmarks = []

    def health(self):
        return HealthCheck(status=OK, checks={})

    def get_user(self, *, id):
        if id not in self.users:
            raise NotFoundException(f'nobody is {id}')
        return self.users[id]

    def create_update_user(self, *, user):
        created = user.user_id not in self.users
        self.users[user.user_id] = user
        return user, created

    def get_popular_resources(self, **_):
        return {}

    def get_table_by_user_relation(self, **_):
        return {'table': []}

    def get_dashboard_by_user_relation(self, **_):
        return {'dashboard': []}

    def add_resource_relation_by_user(self, **relation):
        self.bookmarks.append(relation)


def not_there(self, **_):
    raise NotFoundException('not in memory')


for name in MemoryProxy.__abstractmethods__:
    setattr(MemoryProxy, name, not_there)
MemoryProxy.__abstractmethods__ = frozenset()

# Every configuration class inherits it, whichever METADATA_SVC_CONFIG_MODULE_CLASS names.
config.Config.PROXY_CLIENT = config.LocalConfig.PROXY_CLIENT = 'memory_metadata.MemoryProxy'

from metadata_service.metadata_wsgi import application  # noqa: E402

serve = application.wsgi_app


def serve_and_tell(environ, start_response):
    """What the frontend says of the person to the services behind it can be seen nowhere else."""
    seen = {'method': environ['REQUEST_METHOD'], 'path': environ['PATH_INFO']}
    seen['authorization'] = environ.get('HTTP_AUTHORIZATION')
    print('seen', json.dumps(seen), flush=True)
    return serve(environ, start_response)


application.wsgi_app = serve_and_tell
