import { kindTitles } from '../../config/product-titles.ts'
import { exprText, mdCode, writeYaml, writeYamlDocuments, type YamlDocument, type YamlValue } from '../../formats.ts'
import {
  dataOf,
  isKubernetesName,
  secretNameOf,
  secretNameProblems,
  secretStep,
  secretVariables,
  userInfoPath,
} from '../argo/index.ts'
import type {
  ProductDescription,
  ProductInput,
  ProductProblem,
  Provider,
  RenderedFile,
  Rendering,
} from '../contract.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { warning } from '../writing/problem.ts'
import { soleProvider } from '../writing/provider-facts.ts'
import { groupClaimProblems, groupsByRole, hasRoles, isDecidedElsewhere, unknownRoles } from '../writing/roles.ts'
import { argoWorkflowsClient } from './client.ts'

const title = kindTitles['argo-workflows']

/** Argo Workflows: `sso` in its ConfigMap, and ServiceAccounts that name the groups that may use them. */
export const argoWorkflows: ProductDescription<'argo-workflows'> = {
  title,
  client: argoWorkflowsClient,
  people: {
    withoutEmail: 'gets in',
    unverifiedEmail: 'gets in',
    unsaidEmail: 'gets in',
    withoutGroups: 'gets in without a role',
    singleGroup: 'ends the sign-in',
    refresh: 'needs no token',
  },
  accepts: {
    classes: { oidc: { most: 1, why: 'Argo Workflows signs in at one OpenID Connect provider' } },
    skipsVerification: ['oidc'],
  },
  problems,
  render,
}

function problems(input: ProductInput): ProductProblem[] {
  return [
    ...secretNameProblems(input, input.providers),
    ...groupClaimProblems(input),
    ...nestedClaimProblems(input.providers, { title }),
    ...unknownRoles(
      input,
      (role) => isKubernetesName(role) && role.length <= 200,
      'the name of a ServiceAccount (lower-case letters, digits, hyphens and dots)',
    ),
    ...roleProblems(input),
    ...input.providers.flatMap(providerProblems),
  ]
}

function roleProblems(input: ProductInput): ProductProblem[] {
  if (hasRoles(input) || isDecidedElsewhere(input)) return []
  return [
    warning(
      'permissions-unchecked',
      input.path,
      'has no roles: everybody who signs in may do what the argo-server itself may. Add roles (group: [SERVICE-ACCOUNT])',
    ),
  ]
}

function providerProblems({ principalClaim, path }: Provider): ProductProblem[] {
  const problems: ProductProblem[] = []
  if (principalClaim !== 'preferred_username' && principalClaim !== 'sub' && principalClaim !== 'email') {
    problems.push(
      warning(
        'principal-claim-unused',
        path,
        `principalClaim ${principalClaim} is ignored: Argo Workflows labels workflows with sub, email and preferred_username`,
      ),
    )
  }
  return problems
}

function render(input: ProductInput): Rendering {
  const provider = soleProvider(input)
  const files: RenderedFile[] = [
    {
      path: 'workflow-controller-configmap.yaml',
      manifest: 'object',
      takesExtra: true,
      content: writeYaml(configMap(input, provider), {
        comment: 'Sign-in. Written by `gatehouse render`: a patch of the ConfigMap workflow-controller-configmap.',
      }),
    },
  ]
  if (hasRoles(input)) {
    files.push({ path: 'rbac.yaml', manifest: 'object', content: writeYamlDocuments(serviceAccounts(input)) })
  }
  return {
    files,
    variables: secretVariables(input, provider, { namespace: 'argo' }),
    notes: {
      claims: provider.wantsGroups ? [`${claimCode(provider.groupsClaim)} (a list of strings, for roles)`] : [],
      needsAudience: false,
      secretPlace: 'the shell in which you create the Secret of Kubernetes',
      steps: steps(input, provider),
    },
  }
}

function configMap(input: ProductInput, provider: Provider): YamlValue {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'workflow-controller-configmap' },
    data: dataOf(input, 'workflow-controller-configmap.yaml', { sso: sso(input, provider) }),
  }
}

function sso(input: ProductInput, provider: Provider): YamlValue {
  const name = secretNameOf(input, provider)
  const path = userInfoPath(provider)
  return {
    // It reads the document at the first one, and compares the document and tokens with the second one.
    ...(provider.innerIssuer === undefined
      ? { issuer: provider.issuer }
      : { issuer: provider.innerIssuer, issuerAlias: provider.issuer }),
    clientId: { name, key: 'clientId' },
    clientSecret: { name, key: 'clientSecret' },
    redirectUrl: `${input.product.url}/oauth2/callback`,
    // It adds openid itself.
    scopes: provider.scopes.filter((scope) => scope !== 'openid'),
    // With it ServiceAccounts decide, ours or somebody else's; without it everybody is the argo-server.
    ...(hasRoles(input) || isDecidedElsewhere(input) ? { rbac: { enabled: true } } : {}),
    ...(claimName(provider.groupsClaim) === 'groups' ? {} : { customGroupClaimName: claimName(provider.groupsClaim) }),
    ...(path === undefined ? {} : { userInfoPath: path }),
    ...(provider.tls.kind === 'unverified' ? { insecureSkipVerify: true } : {}),
  }
}

/** The first role of the configuration takes precedence over all others. */
function serviceAccounts(input: ProductInput): YamlDocument[] {
  const roles = [...groupsByRole(input)]
  return roles.flatMap(([role, groups], index): YamlDocument[] => [
    {
      ...(index === 0
        ? {
            comment:
              'Which groups may use which ServiceAccount. Written by `gatehouse render`: kubectl -n argo apply -f rbac.yaml',
          }
        : {}),
      value: {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: {
          name: role,
          annotations: {
            'workflows.argoproj.io/rbac-rule': groups.map((group) => `${exprText(group)} in groups`).join(' || '),
            'workflows.argoproj.io/rbac-rule-precedence': String(roles.length - index),
          },
        },
      },
    },
    {
      value: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: {
          name: `${role}.service-account-token`,
          annotations: { 'kubernetes.io/service-account.name': role },
        },
        type: 'kubernetes.io/service-account-token',
      },
    },
  ])
}

function steps(input: ProductInput, provider: Provider): string[] {
  const list = [secretStep(input, provider, 'argo')]
  if (provider.tls.kind === 'own-ca') {
    list.push(
      `Mount the certificate authority (\`ca.crt\` of ${mdCode(provider.tls.secretClass)}, PEM) into the argo-server as ${mdCode(`/etc/argo/ca/${provider.className}.pem`)} and set its environment variable \`SSL_CERT_DIR\` to \`/etc/argo/ca:/etc/ssl/certs\`.`,
    )
  }
  list.push(
    'Patch the ConfigMap; its other keys stay: `kubectl -n argo patch configmap workflow-controller-configmap --patch-file workflow-controller-configmap.yaml`.',
  )
  if (hasRoles(input)) {
    list.push(
      '`kubectl -n argo apply -f rbac.yaml` creates the ServiceAccounts with their tokens. You decide what each may do, with Roles and RoleBindings of Kubernetes. People who are in no group of a rule are refused.',
    )
  }
  list.push(
    'Start the argo-server with `--auth-mode=sso` (`--auth-mode=client` beside it lets scripts in with tokens of Kubernetes), and restart it: it reads the ConfigMap at start.',
    `Open ${mdCode(`${input.product.url}/login`)}, then ${mdCode(`${input.product.url}/userinfo`)}: it shows your groups and the ServiceAccount.`,
  )
  return list
}
