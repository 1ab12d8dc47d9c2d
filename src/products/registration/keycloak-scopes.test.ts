import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/properties.ts'
import { readClaimPath } from '../../claim-path.ts'
import type { Provider } from '../contract.ts'
import { groupsMapper } from './keycloak-scopes.ts'

/** How Keycloak reads the name of a claim in a mapper: dots make objects, and an escaped one is a dot. */
function nestedBy(claimName: string): string[] {
  return claimName.split(/(?<!\\)\./).map((name) => name.replaceAll('\\.', '.'))
}

const mapperOf = (written: string | readonly string[]) => {
  const { path } = readClaimPath(written, { nestsDots: true })
  return { path, mapper: groupsMapper({ wantsGroups: true, groupsClaim: path } as Provider) }
}

test('the mapper of Keycloak writes the claim where the products look for it, whatever the names are', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_:/ .-]{1,12}$/)
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const { path, mapper } = mapperOf(names)
      assert.deepEqual(nestedBy(mapper?.claimName ?? ''), path)
    }),
    { numRuns: runs(200) },
  )
  for (const text of [
    'groups',
    'company.groups',
    'company\\.groups',
    'https://example.com/groups',
    'realm_access.roles',
  ]) {
    const { path, mapper } = mapperOf(text)
    assert.deepEqual(nestedBy(mapper?.claimName ?? ''), path, text)
  }
})

test('roles of Keycloak come from the mapper for roles, of the realm or of the client that the path names', () => {
  assert.deepEqual(mapperOf('realm_access.roles').mapper, { type: 'realm-role', claimName: 'realm_access.roles' })
  assert.deepEqual(mapperOf('resource_access["my.app"].roles').mapper, {
    type: 'client-role',
    claimName: 'resource_access.my\\.app.roles',
    client: 'my.app',
  })
  assert.equal(mapperOf('realm_access\\.roles').mapper?.type, 'group')
  assert.equal(mapperOf(['company', 'roles']).mapper?.type, 'group')
})
