import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { run } from './cache.ts'
import { freePort } from './ports.ts'
import { startProcess } from './processes.ts'
import { type SelfSigned, selfSignedCertificate } from './self-signed.ts'
import { tempFolder } from './temp.ts'

const suffix = 'dc=example,dc=test'
const SCHEMAS = ['core', 'cosine', 'nis', 'inetorgperson']

/** People of the directory, with their groups. carol is in none. */
export const directoryUsers = {
  alice: { givenName: 'Alice', surname: 'Archer', password: 'alice-password', groups: ['analysts', 'data-admins'] },
  bob: { givenName: 'Bob', surname: 'Builder', password: 'bob-password', groups: ['analysts'] },
  carol: { givenName: 'Carol', surname: 'Carter', password: 'carol-password', groups: [] },
} as const

export interface Slapd {
  /** ldaps on localhost. */
  port: number
  /** Self-signed: also the certificate authority for clients. */
  certificate: SelfSigned
  searchBase: string
  /** The only one who may search for people. */
  reader: { dn: string; password: string }
  /** ldap on localhost, where a password is taken after StartTLS only. */
  startTlsPort: number
  /** Everything. */
  suffix: string
  groupDn(name: string): string
  /** A group that products do not look for, see `teams`. */
  teamDn(name: string): string
  log(): string
  stop(): Promise<void>
  /** Starts it again with the same entries, at the same ports. */
  restart(): Promise<void>
}

/**
 * People and groups of other kinds, out of the way of what products are asked for: dora is locked, frank has a name that must be escaped,
 * groups are in groups (platform and everyone in each other), and a POSIX group lists carol by name, another is bob's primary one.
 */
const frankDn = `cn=Frank (Ops)\\, Jr.*,ou=people,${suffix}`
const teams: readonly [string, Record<string, readonly string[]>][] = [
  ['platform', { objectClass: ['groupOfNames'], member: [groupDn('analysts'), teamDn('everyone'), frankDn] }],
  ['everyone', { objectClass: ['groupOfNames'], member: [teamDn('platform')] }],
  ['engineers', { objectClass: ['groupOfUniqueNames'], uniqueMember: [personDn('alice')] }],
  ['operators', { objectClass: ['posixGroup'], gidNumber: ['5000'], memberUid: ['carol'] }],
  ['staff', { objectClass: ['posixGroup'], gidNumber: ['6000'] }],
]

/** Starts a real OpenLDAP that takes TLS only, with people, groups and the memberOf of both. */
export async function startSlapd(): Promise<Slapd> {
  const slapd = await ensureCommand('slapd', ['slapd'])
  const slapadd = await ensureCommand('slapadd', ['slapd'])
  const folder = tempFolder('slapd')
  // When `localhost` is requested, libldap (and so python-ldap) wants the name of the machine in the certificate.
  const certificate = await selfSignedCertificate(folder, [hostname()])
  const [port, startTlsPort] = [await freePort(), await freePort()]
  const configFile = join(folder, 'slapd.conf')
  const entriesFile = join(folder, 'entries.ldif')
  mkdirSync(join(folder, 'data'))
  writeFileSync(configFile, configuration(folder, certificate))
  writeFileSync(entriesFile, entries())
  await run(slapadd, ['-f', configFile, '-l', entriesFile])
  const start = () =>
    startProcess({
      name: 'slapd',
      command: slapd,
      // In the foreground, with a line for each operation.
      args: ['-d', 'stats', '-f', configFile, '-h', `ldaps://127.0.0.1:${port}/ ldap://127.0.0.1:${startTlsPort}/`],
      cwd: folder,
      ready: () => listens(port),
      within: 30_000,
    })
  let server = await start()
  return {
    port,
    startTlsPort,
    suffix,
    teamDn,
    certificate,
    searchBase: `ou=people,${suffix}`,
    reader: { dn: `cn=reader,${suffix}`, password: 'reader-password' },
    groupDn,
    log: () => server.log(),
    stop: () => server.stop(),
    restart: async () => {
      server = await start()
    },
  }
}

function groupDn(name: string): string {
  return `cn=${name},ou=groups,${suffix}`
}

function teamDn(name: string): string {
  return `cn=${name},ou=teams,${suffix}`
}

function personDn(name: string): string {
  return `uid=${name},ou=people,${suffix}`
}

function configuration(folder: string, { certFile, keyFile }: SelfSigned): string {
  return `${SCHEMAS.map((name) => `include /etc/ldap/schema/${name}.schema\n`).join('')}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile ${join(folder, 'slapd.pid')}
TLSCertificateFile ${certFile}
TLSCertificateKeyFile ${keyFile}
# Passwords are taken over TLS only.
security simple_bind=128
database mdb
suffix ${suffix}
directory ${join(folder, 'data')}
overlay memberof
overlay ppolicy
ppolicy_default cn=policy,${suffix}
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=people,${suffix}" by dn.exact="cn=reader,${suffix}" read by self read by * none
access to * by users read by * none
`
}

function entries(): string {
  const people = Object.entries(directoryUsers)
  const groups = [...new Set(people.flatMap(([, person]) => [...person.groups]))]
  const membersOf = (group: string) =>
    people.filter(([, person]) => person.groups.some((name) => name === group)).map(([name]) => name)
  return [
    entry(suffix, { objectClass: ['dcObject', 'organization'], dc: ['example'], o: ['Example'] }),
    entry(`ou=people,${suffix}`, { objectClass: ['organizationalUnit'], ou: ['people'] }),
    entry(`ou=groups,${suffix}`, { objectClass: ['organizationalUnit'], ou: ['groups'] }),
    entry(`cn=reader,${suffix}`, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: ['reader'],
      userPassword: ['reader-password'],
    }),
    ...people.map(([name, { givenName, surname, password, groups: own }]) =>
      entry(personDn(name), {
        objectClass: name === 'bob' ? ['inetOrgPerson', 'posixAccount'] : ['inetOrgPerson'],
        ...(name === 'bob' ? { uidNumber: ['7001'], gidNumber: ['6000'], homeDirectory: ['/home/bob'] } : {}),
        uid: [name],
        cn: [`${givenName} ${surname}`],
        givenName: [givenName],
        sn: [surname],
        mail: [`${name}@example.test`],
        userPassword: [password],
        // The overlay adds it to what is written later only.
        memberOf: own.map(groupDn),
      }),
    ),
    entry(`cn=policy,${suffix}`, {
      objectClass: ['device', 'pwdPolicy'],
      cn: ['policy'],
      pwdAttribute: ['userPassword'],
      pwdLockout: ['TRUE'],
    }),
    entry(personDn('dora'), {
      objectClass: ['inetOrgPerson'],
      uid: ['dora'],
      cn: ['Dora Dent'],
      sn: ['Dent'],
      userPassword: ['dora-password'],
      // By an administrator, for ever.
      pwdAccountLockedTime: ['000001010000Z'],
    }),
    entry(frankDn, {
      objectClass: ['inetOrgPerson'],
      uid: ['frank'],
      cn: ['Frank (Ops), Jr.*'],
      sn: ['Frank'],
      userPassword: ['frank-password'],
    }),
    entry(`ou=teams,${suffix}`, { objectClass: ['organizationalUnit'], ou: ['teams'] }),
    ...teams.map(([name, attributes]) => entry(teamDn(name), { ...attributes, cn: [name] })),
    ...groups.map((group) =>
      entry(groupDn(group), { objectClass: ['groupOfNames'], cn: [group], member: membersOf(group).map(personDn) }),
    ),
  ].join('\n')
}

function entry(dn: string, attributes: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) => values.map((value) => `${name}: ${value}`))
  return `${[`dn: ${dn}`, ...lines].join('\n')}\n`
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
