/** The code that products run in our name, run: Python of JupyterHub, Superset and Airflow, and JMESPath of Grafana. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { search } from 'jmespath'
import { readIni } from './support/read-formats.ts'

const golden = (path: string) => join(import.meta.dirname, 'golden', path)

/** Prints what each function of a rendered module makes of each set of claims; packages that are not installed are stubs. */
const harness = `
import importlib.abc, importlib.machinery, json, os, sys, types

class Stub(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"find_user": lambda self, email=None: None})

class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        stubs = ("flask", "flask_appbuilder", "superset", "airflow", "werkzeug", "cachelib")
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in stubs else None
    def create_module(self, spec):
        return Stub(spec.name)
    def exec_module(self, module):
        module.__path__ = []

class Settings:
    def __getattr__(self, name):
        self.__dict__[name] = Settings()
        return self.__dict__[name]

class Environment(dict):
    def __missing__(self, key):
        return "x"
    def get(self, key, default=None):
        return default

sys.meta_path.append(Finder())
os.environ = Environment()
answers = []
for module in json.load(sys.stdin):
    scope = {"c": Settings(), "__name__": "rendered"}
    exec(compile(open(module["file"]).read(), module["file"], "exec"), scope)
    for claims in module["claims"]:
        if "GatehouseSecurityManager" in scope:
            manager = scope["GatehouseSecurityManager"]()
            class Remote:
                def load_server_metadata(self): return {"userinfo_endpoint": "x"}
                def userinfo(self): return {"sub": "1", **module.get("userinfo", {})}
            manager.oauth_remotes = {"keycloak": Remote()}
            answers.append(manager.get_oauth_user_info("keycloak", {"userinfo": claims})["role_keys"])
        else:
            groups = scope["gatehouse_groups"]
            first = groups.__code__.co_varnames[0]
            answers.append(groups({"oauth_user": claims} if first == "auth_state" else claims))
print(json.dumps(answers))
`

interface PythonCase {
  file: string
  claims: readonly object[]
  userinfo?: object
}

const hasPython = spawnSync('python3', ['--version']).status === 0

function run(cases: readonly PythonCase[]): unknown {
  const { stdout, status, stderr } = spawnSync('python3', ['-c', harness], {
    input: JSON.stringify(cases),
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

describe('Python that is rendered reads groups', { skip: hasPython ? false : 'python3 is not installed' }, () => {
  const person = { sub: '1', preferred_username: 'alice', email: 'alice@example.com' }
  const values = [['admins', 'analysts'], 'admins', [], null]

  test('of a claim, and of a claim inside of others, as a list, as one text, and where there are none', () => {
    const realm = [
      ...values.map((roles) => ({ ...person, realm_access: { roles } })),
      { ...person, realm_access: 'odd' },
      person,
    ]
    const airflow = values.map((roles) => ({ ...person, resource_access: { airflow: { roles } } }))
    const hub = [
      ...values.map((roles) => ({ resource_access: { 'my.hub': { roles } } })),
      { resource_access: { my: { hub: 1 } } },
      {},
    ]
    const flat = [...values.map((groups) => ({ groups })), {}]

    assert.deepEqual(
      run([
        { file: golden('superset/nested-groups/superset_config.py'), claims: realm },
        { file: golden('airflow/nested-groups/webserver_config.py'), claims: airflow },
        { file: golden('jupyterhub/nested-groups/jupyterhub_config.py'), claims: hub },
        { file: golden('jupyterhub/gatehouse-roles/jupyterhub_config.py'), claims: flat },
      ]),
      [
        ...[['admins', 'analysts'], ['admins'], [], [], [], []],
        ...[['admins', 'analysts'], ['admins'], [], []],
        ...[['admins', 'analysts'], ['admins'], [], [], [], []],
        ...[['admins', 'analysts'], ['admins'], [], [], []],
      ],
    )
  })

  test('at the userinfo endpoint, where the ID token has none', () => {
    const userinfo = { realm_access: { roles: ['admins'] } }

    assert.deepEqual(run([{ file: golden('superset/nested-groups/superset_config.py'), claims: [person], userinfo }]), [
      ['admins'],
    ])
  })
})

describe('JMESPath that is rendered for Grafana', () => {
  const expressions = (path: string) => {
    const section = readIni(readFileSync(golden(`grafana/${path}/grafana.ini`), 'utf8')).get('auth.generic_oauth')
    return { role: section?.get('role_attribute_path') ?? '', groups: section?.get('groups_attribute_path') ?? '' }
  }
  const places: Record<string, (groups: unknown) => object> = {
    'keycloak-roles': (groups) => ({ groups }),
    'nested-groups': (roles) => ({ realm_access: { roles } }),
    'escaped-groups': (groups) => ({ 'realm_access.roles': groups }),
    'dotted-groups': (groups) => ({ 'company.groups': groups }),
    'keycloak-dotted-groups': (groups) => ({ company: { groups } }),
    'adfs-roles': (groups) => ({ groups }),
  }

  for (const [path, claims] of Object.entries(places)) {
    test(`gives the role for a list and for one text, and none and no error otherwise (${path})`, () => {
      const { role, groups } = expressions(path)
      const [, group = '', name = ''] = /^contains\(.*?, '([^']*)'\) && '(\w+)'/.exec(role) ?? []
      assert.notEqual(group, '', role)

      assert.equal(search(claims([group, 'other']), role), name)
      assert.equal(search(claims(group), role), name)
      for (const none of [
        claims([]),
        claims(null),
        claims(`super${group}`),
        claims([`super${group}`]),
        {},
        { realm_access: {} },
      ]) {
        assert.equal(search(none, role), false, JSON.stringify(none))
      }
      assert.deepEqual(search(claims([group, 'other']), groups), [group, 'other'])
      assert.deepEqual(search(claims(group), groups), [group])
    })
  }
})
