/** A way in at an LDAP directory: what is asked there, what is believed, and what never leaves this server. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import {
  type LdapServer,
  type LdapServerOptions,
  type Result,
  startLdapServer,
  type TestEntry,
} from '../../../test/support/ldap-server.ts'
import { Config } from '../../config/schema.ts'
import { makeCertificate } from '../../dev-idp/certificate.ts'
import { AppError } from '../../errors.ts'
import type { CountAttempt, UpstreamIdentity } from '../contract.ts'
import { createConnectors } from '../index.ts'

const opened: LdapServer[] = []
after(() => Promise.all(opened.map((server) => server.close())))

const base = 'dc=example,dc=test'
const aliceDn = `uid=alice,ou=people,${base}`
const uuid = '7c9e6679-7425-40de-944b-e07fc1f90ae7'
const alice: TestEntry = {
  dn: aliceDn,
  attributes: {
    uid: ['alice'],
    cn: ['Alice Archer'],
    givenName: ['Alice'],
    sn: ['Archer'],
    mail: ['alice@example.test'],
    entryUUID: [uuid.toUpperCase()],
    memberOf: [`cn=analysts,ou=groups,${base}`],
  },
}

async function directory(options: LdapServerOptions = {}): Promise<LdapServer> {
  const server = await startLdapServer({
    onSearch: ({ filter }) => (filter.includes('(uid=alice)') ? [alice] : []),
    onBind: passwords({ [aliceDn]: 'right' }),
    ...options,
  })
  opened.push(server)
  return server
}

/** The reader gets in with its password, and others with theirs. */
function passwords(
  right: Record<string, string>,
  wrong: Result = { code: 49 },
): (dn: string, password: string) => Result {
  const all: Record<string, string> = { [`cn=reader,${base}`]: 'reader-secret', ...right }
  return (dn, password) => (all[dn] === password ? { code: 0 } : wrong)
}

interface SignIn {
  username?: string
  password?: string
  settings?: object
  ca?: string
  count?: CountAttempt
}

async function signIn(server: Pick<LdapServer, 'port'>, input: SignIn = {}): Promise<UpstreamIdentity> {
  const { username = 'alice', password = 'right', settings = {}, ca, count = (_, check) => check() } = input
  const config = Config.parse({
    authenticationClasses: {
      corp: {
        ldap: {
          hostname: 'localhost',
          port: server.port,
          searchBase: base,
          bindCredentials: { secretClass: 'reader' },
          ...(ca === undefined ? {} : { tls: { verification: { server: { caCert: { secretClass: 'ca' } } } } }),
          ...settings,
        },
      },
    },
    login: [{ authenticationClass: 'corp' }],
    secrets: { reader: { user: `cn=reader,${base}`, password: 'reader-secret' }, ca: { 'ca.crt': '${env:CA}' } },
  })
  const clock = { now: () => Date.now() }
  const [connector] = await createConnectors({ config, env: { CA: ca }, baseDir: '.', clock })
  assert.equal(connector?.kind, 'lookup')
  return connector.verify({ username, password }, count)
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'signed in',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )
}

describe('a sign-in at a directory', () => {
  it('finds the person as the reader, binds as the person elsewhere, and states who it is', async () => {
    const server = await directory()

    const identity = await signIn(server)

    assert.deepEqual(identity, {
      key: { issuer: 'ldap:corp', subject: uuid },
      principal: 'alice',
      email: 'alice@example.test',
      emailVerified: undefined,
      name: 'Alice Archer',
      givenName: 'Alice',
      familyName: 'Archer',
      groups: [`cn=analysts,ou=groups,${base}`],
      received: { claim: 'memberof', form: 'list' },
    })
    assert.deepEqual(
      server.binds.map(({ dn }) => dn),
      [`cn=reader,${base}`, aliceDn],
    )
    assert.equal(server.connections(), 2)
  })

  it('takes an address for a name when it has an @, and searchFilter always counts', async () => {
    const server = await directory({ onSearch: ({ filter }) => (filter.includes('mail=alice@') ? [alice] : []) })

    const settings = { searchFilter: '(objectClass=inetOrgPerson)' }
    assert.equal((await signIn(server, { username: ' alice@example.test ', settings })).principal, 'alice')
    assert.equal(await refusal(signIn(server, { username: 'alice', settings })), 'invalid-credentials')

    const named = server.searches.map(({ filter }) => filter).filter((filter) => filter.includes('@'))
    assert.equal(named.at(-1), '(&(mail=alice@example.test)(objectclass=inetorgperson))')
  })

  it('never lets a name change the filter [ldap-filter-injection]', async () => {
    const server = await directory()
    const typed = ['*', 'a*', 'alice)(uid=*', '*)(|(uid=*', 'alice)(|(objectClass=*)', '\\2a', 'admin)(&)', '(', ')(']

    for (const username of typed) assert.equal(await refusal(signIn(server, { username })), 'invalid-credentials')
    for (const username of ['alice\0', 'al\u00adice', '', '   '])
      assert.equal(await refusal(signIn(server, { username })), 'invalid-credentials')

    const asked = server.searches.filter(({ base: at }) => at !== '').map(({ filter }) => filter)
    const escaped = (text: string) => text.replace(/[\\*()]/g, (found) => `\\${found.charCodeAt(0).toString(16)}`)
    assert.deepEqual(
      asked,
      typed.map((text) => `(uid=${escaped(text)})`),
    )
    assert.ok(server.binds.every(({ dn }) => dn.startsWith('cn=reader')))
    // The same with a name that is one.
    assert.equal((await signIn(server)).principal, 'alice')
  })

  it('never binds with a password that may be none, where every bind succeeds [ldap-empty-password]', async () => {
    const server = await directory({ onBind: () => ({ code: 0 }) })

    for (const password of ['', ' ', '\t ', '\0', '\0secret', 'secret\0', '\u200b', '\u00ad\u2060', 'x'.repeat(1025)])
      assert.equal(await refusal(signIn(server, { password })), 'invalid-credentials', JSON.stringify(password))

    assert.equal(server.connections(), 0)
    assert.equal((await signIn(server, { password: 'anything' })).principal, 'alice')
  })

  it('tries no password when several people have the name, and none for an entry without a name', async () => {
    const twice = await directory({ onSearch: () => [alice, { ...alice, dn: `uid=alice,ou=more,${base}` }] })
    const root = await directory({ onSearch: () => [{ ...alice, dn: '' }], onBind: () => ({ code: 0 }) })

    assert.equal(await refusal(signIn(twice)), 'directory-name-ambiguous')
    assert.equal(await refusal(signIn(root)), 'invalid-credentials')

    assert.ok([...twice.binds, ...root.binds].every(({ dn }) => dn.startsWith('cn=reader')))
  })

  it('counts an attempt for the person, however the name is written, and for names that nobody has', async () => {
    const counted: (string | undefined)[] = []
    const count: CountAttempt = (key, check) => {
      counted.push(key?.subject)
      return check()
    }
    const server = await directory({ onSearch: ({ filter }) => (/uid=alice/i.test(filter) ? [alice] : []) })

    await refusal(signIn(server, { password: 'wrong', count }))
    await refusal(signIn(server, { username: 'ALICE', password: 'wrong', count }))
    await refusal(signIn(server, { username: 'nobody', count }))
    await refusal(signIn(server, { password: '', count }))

    assert.deepEqual(counted, [uuid, uuid, undefined, undefined])
  })

  it('binds as the person in the one place of their entry where nobody searches', async () => {
    const dn = `uid=al\\,ice\\=x,${base}`
    const server = await directory({ onBind: passwords({ [dn]: 'right' }), onSearch: () => [{ ...alice, dn }] })

    const identity = await signIn(server, { username: 'al,ice=x', settings: { bindCredentials: undefined } })

    assert.equal(identity.key.subject, uuid)
    assert.deepEqual(
      server.binds.map((bind) => bind.dn),
      [dn],
    )
  })

  it('knows a person by the attribute that identityAttribute names, or the DN where there is none', async () => {
    const { entryUUID: _, ...attributes } = alice.attributes
    const plain = { dn: aliceDn, attributes: { ...attributes, employeeNumber: ['4711'] } }
    const server = await directory({ onSearch: ({ filter }) => (filter.includes('uid=alice') ? [plain] : []) })

    assert.equal((await signIn(server)).key.subject, aliceDn)
    const settings = { identityAttribute: 'employeeNumber' }
    assert.equal((await signIn(server, { settings })).key.subject, '4711')
    const missing = signIn(server, { settings: { identityAttribute: 'entryUUID' } })
    assert.equal(await refusal(missing), 'principal-claim-missing')
  })
})

describe('groups of a directory', () => {
  const group = (name: string, attributes: TestEntry['attributes'] = {}): TestEntry => ({
    dn: `cn=${name},ou=groups,${base}`,
    attributes: { cn: [name], ...attributes },
  })
  const dnOf = (name: string) => group(name).dn

  it('walks through memberOf of groups, also in a circle, and shows what it cannot read', async () => {
    const groups: Record<string, TestEntry> = {
      [dnOf('analysts')]: group('analysts', { memberOf: [dnOf('platform')] }),
      [dnOf('platform')]: group('platform', { memberOf: [dnOf('analysts'), dnOf('hidden')] }),
    }
    const server = await directory({
      onSearch: ({ base: at, filter }) => {
        if (filter.includes('uid=alice')) return [alice]
        const found = groups[at]
        return found ? [found] : { code: at === '' ? 0 : 50 }
      },
    })

    assert.deepEqual((await signIn(server)).groups, ['analysts', 'platform', 'hidden'].map(dnOf))
    const named = await signIn(server, { settings: { groups: { name: 'cn' } } })
    assert.deepEqual(named.groups, ['analysts', 'platform'])
    assert.equal(named.received?.form, 'list, of which 1 unreadable')
    const flat = await signIn(server, { settings: { groups: { nested: false } } })
    assert.deepEqual(flat.groups, [dnOf('analysts')])
  })

  it('finds groups by member, uniqueMember, memberUid and the primary group, and those that they are in', async () => {
    const person = { dn: aliceDn, attributes: { ...alice.attributes, gidNumber: ['6000'] } }
    const server = await directory({
      onSearch: ({ filter }) => {
        if (filter === '(uid=alice)') return [person]
        if (filter.includes('memberuid=alice')) return [group('analysts'), group('staff')]
        if (filter.includes(`uniquemember=${dnOf('staff')}`)) return [group('everyone')]
        if (filter.includes(`member=${dnOf('everyone')}`)) return [group('analysts')]
        return []
      },
    })

    const { groups } = await signIn(server, { settings: { groups: { searchBase: `ou=groups,${base}`, name: 'cn' } } })

    assert.deepEqual(groups, ['analysts', 'staff', 'everyone'])
    const [first = ''] = server.searches
      .filter(({ base: at }) => at.startsWith('ou=groups'))
      .map(({ filter }) => filter)
    assert.equal(
      first,
      `(|(member=${aliceDn})(uniquemember=${aliceDn})(memberuid=alice)(&(objectclass=posixgroup)(gidnumber=6000)))`,
    )
  })

  it('stops at a depth that no company has', async () => {
    const server = await directory({
      onSearch: ({ base: at, filter }) => {
        if (filter.includes('uid=alice')) return [alice]
        const [, number = '0'] = /cn=g(\d+)/.exec(at) ?? []
        return at === '' ? [] : [{ dn: at, attributes: { memberOf: [`cn=g${Number(number) + 1},${base}`] } }]
      },
    })

    const { groups, received } = await signIn(server)

    assert.ok(groups.length > 5 && groups.length < 20, String(groups.length))
    assert.equal(received?.form, 'list, nested deeper than 10')
  })
})

describe('Active Directory', () => {
  const dn = `CN=Alice Archer,CN=Users,${base}`
  const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  const sid = Buffer.from('010500000000000515000000111111112222222233333333520400', 'hex')
  const entry: TestEntry = {
    dn,
    attributes: {
      sAMAccountName: ['alice'],
      userPrincipalName: ['alice@example.test'],
      displayName: ['Alice Archer'],
      objectGUID: [guid],
      objectSid: [Buffer.concat([sid, Buffer.from([0])])],
      primaryGroupID: ['513'],
      userAccountControl: ['512'],
    },
  }
  const root: TestEntry = {
    dn: '',
    attributes: { supportedCapabilities: ['1.2.840.113556.1.4.800'], defaultNamingContext: [base] },
  }
  const groupDn = (name: string) => `CN=${name},OU=Groups,${base}`
  const ad = (person: TestEntry = entry, wrong: Result = { code: 49 }) =>
    directory({
      onBind: passwords({ [dn]: 'right' }, wrong),
      onSearch: ({ base: at, filter }) => {
        if (at === '') return [root]
        if (filter.includes('samaccountname=alice')) return [person]
        if (filter.includes(`1.2.840.113556.1.4.1941:=${dn}`)) return [{ dn: groupDn('Analysts'), attributes: {} }]
        if (filter.includes('objectsid=')) return [{ dn: groupDn('Domain Users'), attributes: {} }]
        return []
      },
    })

  it('is known by what it says of itself: names, GUID, nested groups and the primary group', async () => {
    const server = await ad()

    for (const username of ['alice', 'EXAMPLE\\alice']) {
      const identity = await signIn(server, { username })

      assert.deepEqual(identity.key, { issuer: 'ldap:corp', subject: '33221100-5544-7766-8899-aabbccddeeff' })
      assert.equal(identity.principal, 'alice')
      assert.deepEqual(identity.groups, [groupDn('Analysts'), groupDn('Domain Users')])
    }
    const asked = server.searches.map(({ filter }) => filter)
    assert.ok(
      asked.includes('(|(samaccountname=EXAMPLE\\5calice)(samaccountname=alice)(userprincipalname=EXAMPLE\\5calice))'),
      asked.join('\n'),
    )
  })

  it('says of an account what its sub-code says', async () => {
    const told: Record<string, string> = {
      '52e': 'invalid-credentials',
      '525': 'invalid-credentials',
      '530': 'directory-sign-in-restricted',
      '531': 'directory-sign-in-restricted',
      '532': 'directory-password-expired',
      '533': 'directory-account-disabled',
      '701': 'directory-account-expired',
      '773': 'directory-password-expired',
      '775': 'directory-account-locked',
    }
    const seen: Record<string, string> = {}
    for (const data of Object.keys(told)) {
      const message = `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data ${data}, v4563`
      seen[data] = await refusal(signIn(await ad(entry, { code: 49, message }), { password: 'other' }))
    }

    assert.deepEqual(seen, told)
  })

  it('refuses a disabled account whose password was taken [inactive-via-source]', async () => {
    const disabled = { dn, attributes: { ...entry.attributes, userAccountControl: ['514'] } }

    assert.equal(await refusal(signIn(await ad(disabled))), 'directory-account-disabled')
    assert.equal(await refusal(signIn(await ad(disabled), { password: 'wrong' })), 'invalid-credentials')
  })
})

describe('the way to a directory', () => {
  const day = 86_400_000
  const dates = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
  const authority = {
    commonName: 'Company CA',
    ...makeCertificate({ commonName: 'Company CA', isAuthority: true, ...dates }),
  }
  const signed = (hosts: string[], more: object = {}) =>
    makeCertificate({ commonName: hosts[0] ?? '', hosts, issuer: authority, ...dates, ...more })
  const good = signed(['localhost'])
  const ca = authority.certificate

  it('is TLS at once or by StartTLS, and no password is sent before it', async () => {
    const atOnce = await directory({ certificate: good })
    const asked = await directory({ certificate: good, startTls: 'when asked' })

    assert.equal((await signIn(atOnce, { ca })).principal, 'alice')
    assert.equal((await signIn(asked, { ca, settings: { startTls: true } })).principal, 'alice')

    assert.ok([...atOnce.binds, ...asked.binds].every(({ secure }) => secure))
    assert.doesNotMatch(asked.clearText(), /reader|right/)
  })

  it('is given up when the certificate is not that of the host [ldap-cert-hostname]', async () => {
    const expired = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }
    const unsigned = makeCertificate({ commonName: 'localhost', hosts: ['localhost'], ...dates })
    const bad = [
      [signed(['other.example.test']), 'certificate-hostname-mismatch'],
      [signed(['localhost'], expired), 'certificate-expired'],
      [unsigned, 'certificate-untrusted'],
    ] as const
    for (const [certificate, code] of bad) {
      for (const startTls of [undefined, 'when asked'] as const) {
        const server = await directory({ certificate, ...(startTls ? { startTls } : {}) })
        const settings = startTls ? { startTls: true } : {}

        assert.equal(await refusal(signIn(server, { ca, settings })), code)
        assert.deepEqual(server.binds, [])
      }
    }
  })

  it('is given up when StartTLS is refused, or more is said in clear text than the answer [ldap-referral]', async () => {
    for (const startTls of ['never', 'and says more'] as const) {
      const server = await directory({ certificate: good, startTls })

      assert.equal(await refusal(signIn(server, { ca, settings: { startTls: true } })), 'directory-refuses-tls')
      assert.deepEqual(server.binds, [])
      assert.doesNotMatch(server.clearText(), /reader|right/)
    }
  })

  it('never follows a referral [ldap-referral]', async () => {
    const sink = await directory()
    const message = `ldap://localhost:${sink.port}/`
    const atSearch = await directory({ onSearch: () => ({ code: 10, message }) })
    const atBind = await directory({ onBind: (dn) => ({ code: dn === aliceDn ? 10 : 0, message }) })

    assert.equal(await refusal(signIn(atSearch)), 'directory-search-failed')
    assert.equal(await refusal(signIn(atBind)), 'directory-search-failed')
    assert.equal(sink.connections(), 0)
  })

  it('leads to a replica when a server does not answer, and says which one failed when none does', async () => {
    const gone = await directory()
    await gone.close()
    const server = await directory()

    const settings = { replicas: [`localhost:${server.port}`] }
    assert.equal((await signIn(gone, { settings })).principal, 'alice')
    const failed = await signIn(gone).catch((error: unknown) => error as AppError)
    assert.ok(failed instanceof AppError)
    assert.equal(failed.code, 'provider-unreachable')
    assert.equal(failed.details['server'], `localhost:${gone.port}`)
  })

  it('says that the account that searches is refused, and never its password', async () => {
    const server = await directory({ onBind: () => ({ code: 49 }) })

    const failed = await signIn(server).catch((error: unknown) => error as AppError)

    assert.ok(failed instanceof AppError)
    assert.equal(failed.code, 'directory-bind-refused')
    assert.doesNotMatch(JSON.stringify(failed.details) + failed.cause, /reader-secret|right/)
  })
})
