/** What `check` says about a way in at GitHub. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadSettings } from './dead-settings.ts'
import { Config } from './schema.ts'
import { serverProblems } from './server-problems.ts'

function problemsOf({
  github = {},
  entry = {},
  more = {},
}: {
  github?: object
  entry?: object
  more?: object
}): string[] {
  const config = Config.parse({
    authenticationClasses: { github: { github } },
    login: [{ authenticationClass: 'github', oidc: { clientCredentialsSecret: 'client' }, ...entry }],
    secrets: { client: { clientId: 'id', clientSecret: '$' + '{env:SECRET}' } },
    ...more,
  })
  return [...serverProblems(config), ...deadSettings(config)].map(({ path, message }) => `${path.join('.')} ${message}`)
}

const open = { services: { wiki: { url: 'http://wiki.localhost', upstream: 'http://127.0.0.1:9' } } }

test('a way in at GitHub.com is open to the world until organisations or teams are named', () => {
  const openToAll = /login\.0 everybody in the world can have an account at GitHub/

  assert.match(problemsOf({ more: open }).join('\n'), openToAll)
  assert.match(problemsOf({ github: { hostname: 'GitHub.com' }, more: open }).join('\n'), openToAll)
  for (const github of [{ organizations: ['acme'] }, { teams: ['acme/data'] }, { hostname: 'github.example.com' }])
    assert.doesNotMatch(problemsOf({ github, more: open }).join('\n'), openToAll)
})

test('no domain of addresses is trusted at GitHub, where everybody can enter any', () => {
  assert.match(problemsOf({ entry: { emailDomains: ['example.com'] } }).join('\n'), /login\.0\.emailDomains trusts/)
  assert.doesNotMatch(problemsOf({}).join('\n'), /emailDomains/)
})

test('a group that no person of GitHub can have is said', () => {
  const said = (group: string) =>
    problemsOf({ more: { teams: { data: { from: [{ authenticationClass: 'github', group }] } } } }).some((text) =>
      text.includes('no group of GitHub has this name'),
    )

  for (const group of ['acme/data', 'acme:Data Platform', 'acme:', ':data', '/acme'])
    assert.equal(said(group), true, group)
  for (const group of ['acme', 'Acme', 'acme:data', 'acme:data-platform_2']) assert.equal(said(group), false, group)
})

test('a certificate that nobody checks is said, and clear text cannot be asked for', () => {
  const none = { hostname: 'github.example.com', tls: { verification: { none: {} } } }

  assert.match(problemsOf({ github: none }).join('\n'), /github\.github\.tls\.verification\.none is a way in whose/)
  assert.doesNotMatch(problemsOf({ github: { hostname: 'github.example.com' } }).join('\n'), /tls/)
})
