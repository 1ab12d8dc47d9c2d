/**
 * What a connector of Dex has beyond the class that it is made of, with the names that Dex gives its settings
 * (connector/<type>, 2.45). A setting that is not written is the one that follows from the class.
 */
import * as z from 'zod'
import { lately } from '../lately.ts'
import { line, secret, words } from '../primitives.ts'

const text = line.min(1)
const flag = z.boolean().optional()

const redirectURI = text
  .optional()
  .describe('Where the provider sends people back to; `callback` below `url` when absent.')
const promptType = line.optional().describe('The parameter `prompt` of each sign-in; `consent` when absent.')
const useLoginAsID = flag.describe(
  'Take the login name, which people can change, and not the number, as the id of a person.',
)

export const dexOidc = lately(() =>
  z
    .strictObject({
      redirectURI,
      userIDKey: text
        .optional()
        .describe('The claim that is the id of a person, and so a part of `sub`; `sub` when absent.'),
      userNameKey: text.optional().describe('The claim that becomes `name`; `principalClaim` when absent.'),
      claimMapping: z
        .strictObject({
          preferred_username: text.optional().describe('The claim that becomes `preferred_username`.'),
          email: text.optional().describe('The claim with the e-mail address.'),
          groups: text.optional().describe('The claim with the groups.'),
        })
        .optional()
        .describe('Other claims than the usual ones; all of those that follow from the class are replaced.'),
      overrideClaimMapping: flag.describe('Take the claims of `claimMapping` even where the usual ones are there.'),
      scopes: words
        .optional()
        .describe('Other scopes than those of the class; empty: `profile` and `email`, as Dex asks by itself.'),
      insecureEnableGroups: flag.describe('Pass groups on.'),
      getUserInfo: flag.describe('Ask the userinfo endpoint too.'),
      insecureSkipEmailVerified: flag.describe('Take e-mail addresses as verified when the provider does not say so.'),
      basicAuthUnsupported: flag.describe('Send the client secret in the body.'),
      acrValues: words.optional().describe('The strengths of sign-in to ask for.'),
      promptType,
      pkceChallenge: z
        .enum(['S256', 'plain', ''])
        .optional()
        .describe('PKCE towards the provider; from Dex 2.45 on it is used where the provider announces it.'),
      issuerAlias: text
        .optional()
        .describe('The issuer in the tokens, where it is not the one of the discovery document (from Dex 2.45).'),
      providerDiscoveryOverrides: z
        .strictObject({
          tokenURL: text.optional().describe('The token endpoint.'),
          authURL: text.optional().describe('The authorization endpoint.'),
          jwksURL: text.optional().describe('The address of the keys.'),
        })
        .optional()
        .describe('Addresses in place of those in the discovery document.'),
      claimModifications: z
        .strictObject({
          newGroupFromClaims: z
            .array(
              z.strictObject({
                claims: words.describe('Claims whose values are joined.'),
                delimiter: line.optional().describe('What stands between them.'),
                clearDelimiter: flag.describe('Take that out of the values.'),
                prefix: line.optional().describe('What stands before the first.'),
              }),
            )
            .optional()
            .describe('Groups that are made of claims.'),
          filterGroupClaims: z
            .strictObject({ groupsFilter: line.describe('A regular expression.') })
            .optional()
            .describe('The groups that are kept.'),
          modifyGroupNames: z
            .strictObject({
              prefix: line.optional().describe('What comes before each.'),
              suffix: line.optional().describe('What comes after each.'),
            })
            .optional()
            .describe('Other names for groups (from Dex 2.45).'),
        })
        .optional()
        .describe('Groups that Dex makes, keeps or renames.'),
      rootCAs: words.optional().describe('Files with certificate authorities, where Dex reads them.'),
    })
    .describe('A class of type `oidc` as the connector `oidc`.'),
)

const scope = z.enum(['sub', 'one']).optional().describe('How deep to search.')

export const dexLdap = lately(() =>
  z
    .strictObject({
      startTLS: flag.describe('Encrypt by StartTLS on the port of `ldap://`.'),
      rootCA: text.optional().describe('A file with certificate authorities, where Dex reads it.'),
      rootCAData: text.optional().describe('The certificate authorities themselves, PEM in base64.'),
      clientCert: text.optional().describe('A file with the certificate that Dex shows.'),
      clientKey: text.optional().describe('The file with its key.'),
      usernamePrompt: text.optional().describe('The word for the user name in the form.'),
      userSearch: z
        .strictObject({
          username: z
            .union([text, words], { error: 'must be a text or a list of texts' })
            .optional()
            .describe('The attribute that people type; several from Dex 2.45 on.'),
          scope,
          idAttr: text
            .optional()
            .describe('The attribute that is the id of a person, and so a part of `sub`; `DN`: the name of the entry.'),
          emailAttr: text.optional().describe('The attribute with the e-mail address.'),
          emailSuffix: text
            .optional()
            .describe('The domain that makes an address of the user name, in place of `emailAttr`.'),
          nameAttr: line.optional().describe('The attribute that becomes `name`.'),
          preferredUsernameAttr: line.optional().describe('The attribute that becomes `preferred_username`.'),
        })
        .optional()
        .describe('How people are found, beyond the class.'),
      groupSearch: z
        .strictObject({
          baseDN: text.optional().describe('Where to look for groups.'),
          filter: text.optional().describe('An LDAP filter for groups, such as `(objectClass=posixGroup)`.'),
          scope,
          userMatchers: z
            .array(
              z.strictObject({
                userAttr: text.describe('An attribute of the person, or `DN`.'),
                groupAttr: text.describe('The attribute of a group that has the same value, such as `memberUid`.'),
                recursionGroupAttr: text
                  .optional()
                  .describe('The attribute that leads to the group above (from Dex 2.45).'),
              }),
            )
            .min(1)
            .optional()
            .describe('What makes a person a member.'),
          nameAttr: text.optional().describe('The attribute with the name of a group.'),
        })
        .nullable()
        .optional()
        .describe('How groups are found, in place of the search that follows from the class; `null`: not at all.'),
    })
    .describe('A class of type `ldap` as the connector `ldap`.'),
)

export const dexGithub = lately(() =>
  z
    .strictObject({
      redirectURI,
      org: text
        .optional()
        .describe('The one organisation, in the old form: teams are passed on without its name before them.'),
      rootCA: text.optional().describe('A file with the certificate authority of a GitHub Enterprise Server.'),
      teamNameField: z
        .enum(['name', 'slug', 'both'])
        .optional()
        .describe('What teams are called in groups; `slug` when absent.'),
      loadAllGroups: flag.describe('Pass on all teams where no organisation is named.'),
      useLoginAsID,
      preferredEmailDomain: text.optional().describe('The domain of the address to take, of several.'),
    })
    .describe('A class of type `github` as the connector `github`.'),
)

export const dexGoogle = lately(() =>
  z
    .strictObject({
      redirectURI,
      scopes: words.optional().describe('Scopes to ask for; `profile` and `email` when absent.'),
      serviceAccountFilePath: text
        .optional()
        .describe('The file with the service account that reads groups, where Dex reads it.'),
      domainToAdminEmail: z
        .record(text, text)
        .optional()
        .describe('By domain (`*`: any other), the administrator in whose name groups are read.'),
      fetchTransitiveGroupMembership: flag.describe('Groups in groups too.'),
      promptType,
    })
    .describe(
      "A class of Google as Dex's connector `google`, which reads groups by the API of Google and knows `hostedDomains`.",
    ),
)

export const dexMicrosoft = lately(() =>
  z
    .strictObject({
      redirectURI,
      tenant: text.optional().describe('The tenant; the one of the class when absent.'),
      scopes: words.optional().describe('Scopes of Microsoft Graph; `user.read` when absent.'),
      groupNameFormat: z.enum(['id', 'name']).optional().describe('Whether groups are names (as when absent) or ids.'),
      onlySecurityGroups: flag.describe('Security groups only.'),
      useGroupsAsWhitelist: flag.describe('Pass on only the groups that let people in.'),
      emailToLowercase: flag.describe('E-mail addresses in small letters.'),
      promptType: line.optional().describe('The parameter `prompt` of each sign-in.'),
      domainHint: text.optional().describe('The domain that people are taken to be from.'),
      apiURL: text.optional().describe('Where people sign in, of a national cloud.'),
      graphURL: text.optional().describe('Microsoft Graph, of a national cloud.'),
    })
    .describe("A class of Entra ID as Dex's connector `microsoft`, which reads groups, by name, from Microsoft Graph."),
)

export const dexGitlab = lately(() =>
  z
    .strictObject({
      redirectURI,
      useLoginAsID,
      getGroupsPermission: flag.describe('Pass on the permission in each group too (from Dex 2.43).'),
      rootCAData: text.optional().describe('The certificate authority of GitLab, PEM in base64 (from Dex 2.45).'),
    })
    .describe("A class of GitLab as Dex's connector `gitlab`."),
)

/** Types that Dex has and no class describes. */
export const dexOwnTypes = [
  'saml',
  'samlExperimental',
  'gitea',
  'openshift',
  'oauth',
  'bitbucket-cloud',
  'linkedin',
  'authproxy',
  'atlassian-crowd',
  'keystone',
  'mockCallback',
  'mockPassword',
] as const

/** Types for each of which a class may have a part here. */
export const dexClassTypes = ['oidc', 'ldap', 'github', 'google', 'microsoft', 'gitlab'] as const
export type DexClassType = (typeof dexClassTypes)[number]

export const dexConnector = lately(() =>
  z
    .strictObject({
      id: text.optional().describe('The id in Dex, a part of `sub` of everybody; the name here when absent.'),
      name: text.optional().describe('What people see; the name here when absent.'),
      type: z
        .enum([...dexOwnTypes, ...dexClassTypes])
        .optional()
        .describe('The type of a connector that no class describes. Not for the name of a class.'),
      config: secret(z.record(text, z.json()))
        .optional()
        .describe(
          'The settings of such a connector, as Dex has them. `${env:NAME}` is a variable in the environment of Dex; a secret must be one.',
        ),
      oidc: dexOidc.optional(),
      ldap: dexLdap.optional(),
      github: dexGithub.optional(),
      google: dexGoogle.optional(),
      microsoft: dexMicrosoft.optional(),
      gitlab: dexGitlab.optional(),
    })
    .describe('A connector of Dex: what it has beyond the class of that name, or all of it.'),
)
export type DexConnector = z.infer<typeof dexConnector>
