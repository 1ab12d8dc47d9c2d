/** NiFi's login-identity-providers.xml: who checks user names and passwords. OpenID Connect needs none. */
import { comment, envPlaceholder, writeXml, type XmlElement, xmlElement } from '../../formats.ts'
import type { LdapDirectory, ProductInput, RenderedFile } from '../contract.ts'
import { filterWithout, personFilter } from '../writing/ldap-search.ts'
import { trustStoreVariableName } from '../writing/trust-store.ts'
import { elementsWith } from './extra-properties.ts'
import { plainText } from './placeholders.ts'

/** As Stackable's operator calls it, so that either file fits the properties of the other. */
export const ldapProvider = 'login-identity-provider'
export const singleUserProvider = 'single-user-provider'

export function loginProviders(input: ProductInput<'nifi'>): RenderedFile[] {
  const [someClass] = input.classes
  if (someClass?.type === 'ldap') return [file(input, ldapLogin(someClass))]
  return someClass?.type === 'static' ? [file(input, singleUserLogin())] : []
}

function file(input: ProductInput<'nifi'>, provider: XmlElement): RenderedFile {
  const note = comment('Sign-in. Written by `gatehouse render`: apply.sh copies it to conf/ (REGISTER.md).')
  const path = 'login-identity-providers.xml'
  const root = xmlElement('loginIdentityProviders', {}, elementsWith(input, path, [provider]))
  return { path, content: writeXml(root, [note]), takesExtra: true }
}

export function xmlProperty(name: string, value: string): XmlElement {
  return xmlElement('property', { name }, value)
}

function ldapLogin(directory: LdapDirectory): XmlElement {
  return xmlElement('provider', {}, [
    xmlElement('identifier', {}, ldapProvider),
    xmlElement('class', {}, 'org.apache.nifi.ldap.LdapProvider'),
    ...ldapConnection(directory),
    xmlProperty('User Search Base', plainText(directory.searchBase)),
    xmlProperty('User Search Filter', searchFilterOf(directory)),
    // The whole DN is the name, as for the groups of the directory.
    xmlProperty('Identity Strategy', 'USE_DN'),
    xmlProperty('Authentication Expiration', '7 days'),
  ])
}

/** How a directory is reached, the same for sign-in and for users and groups. */
export function ldapConnection(directory: LdapDirectory): XmlElement[] {
  const { bind, tls, url } = directory
  return [
    xmlProperty('Authentication Strategy', tls.kind === 'plain' ? 'SIMPLE' : 'LDAPS'),
    ...(bind
      ? [
          xmlProperty('Manager DN', envPlaceholder(bind.userVariable)),
          xmlProperty('Manager Password', envPlaceholder(bind.passwordVariable)),
        ]
      : []),
    ...(tls.kind === 'own-ca'
      ? [
          xmlProperty('TLS - Truststore', trustStoreFile(directory)),
          xmlProperty('TLS - Truststore Password', envPlaceholder(trustStoreVariableName(directory.className))),
          xmlProperty('TLS - Truststore Type', 'PKCS12'),
        ]
      : []),
    ...(tls.kind === 'plain'
      ? []
      : [
          xmlProperty('TLS - Client Auth', 'NONE'),
          xmlProperty('TLS - Protocol', 'TLSv1.2'),
          xmlProperty('TLS - Shutdown Gracefully', 'true'),
        ]),
    xmlProperty('Referral Strategy', 'THROW'),
    xmlProperty('Connect Timeout', '10 secs'),
    xmlProperty('Read Timeout', '10 secs'),
    xmlProperty('Url', url),
  ]
}

export function trustStoreFile({ className }: LdapDirectory): string {
  return `./conf/${className}-truststore.p12`
}

/** A filter that contains {0} is meant for NiFi alone, as with Stackable; any other is added to the condition on the name. */
export function isTemplate(searchFilter: string): boolean {
  return searchFilter.includes('{0}')
}

function searchFilterOf({ searchFilter, fields }: LdapDirectory): string {
  if (searchFilter === '') return `${fields.uid}={0}`
  if (isTemplate(searchFilter)) return filterWithout(/\$/g, searchFilter)
  return personFilter(`${fields.uid}={0}`, filterWithout(/[${}]/g, searchFilter))
}

/** NiFi takes only the hash of a password here, which its own command writes. */
function singleUserLogin(): XmlElement {
  return xmlElement('provider', {}, [
    xmlElement('identifier', {}, singleUserProvider),
    xmlElement('class', {}, 'org.apache.nifi.authentication.single.user.SingleUserLoginIdentityProvider'),
    xmlProperty('Username', ''),
    xmlProperty('Password', ''),
  ])
}
