/** What Istio does for Kubeflow: it asks oauth2-proxy about requests without a token, and trusts tokens of Dex. */
import { writeYaml, writeYamlDocuments, type YamlValue } from '../../formats.ts'

const gateway = { matchLabels: { app: 'istio-ingressgateway' } }
const providerName = 'oauth2-proxy'

interface DexAddresses {
  issuer: string
  internal: string
  sameHost: boolean
  path: string
}

/** For kubectl. The names are those of the Kubeflow manifests, so that these replace theirs. */
export function istioResources({ issuer, internal, sameHost, path }: DexAddresses): string {
  const dexPaths = sameHost ? [`${path}/*`, `${path}/**`] : []
  const to = [{ operation: { notPaths: [...dexPaths, '/oauth2/*'] } }]
  return writeYamlDocuments([
    {
      comment:
        'Written by `gatehouse render`: kubectl apply -f istio.yaml (REGISTER.md).\nRequests without a token: oauth2-proxy decides, and adds a token of Dex.',
      value: resource('AuthorizationPolicy', 'istio-ingressgateway-oauth2-proxy', {
        action: 'CUSTOM',
        provider: { name: providerName },
        selector: gateway,
        rules: [{ to, when: [{ key: 'request.headers[authorization]', notValues: ['*'] }] }],
      }),
    },
    {
      comment: 'Requests without a token that Istio trusts are refused.',
      value: resource('AuthorizationPolicy', 'istio-ingressgateway-require-jwt', {
        action: 'DENY',
        selector: gateway,
        rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }], to }],
      }),
    },
    {
      comment: 'Tokens of Dex, and the people that they stand for in Kubeflow.',
      value: resource('RequestAuthentication', 'dex-jwt', {
        selector: gateway,
        jwtRules: [
          {
            issuer,
            jwksUri: `${internal}/keys`,
            forwardOriginalToken: true,
            fromHeaders: [{ name: 'Authorization', prefix: 'Bearer ' }],
            outputClaimToHeaders: [
              { header: 'kubeflow-userid', claim: 'email' },
              { header: 'kubeflow-groups', claim: 'groups' },
            ],
          },
        ],
      }),
    },
  ])
}

function resource(kind: string, name: string, spec: YamlValue): YamlValue {
  return { apiVersion: 'security.istio.io/v1beta1', kind, metadata: { name, namespace: 'istio-system' }, spec }
}

/** For the Helm chart of istiod, or `mesh` of its ConfigMap. */
export function extensionProvider(): string {
  return writeYaml(
    {
      meshConfig: {
        extensionProviders: [
          {
            name: providerName,
            envoyExtAuthzHttp: {
              service: 'oauth2-proxy.oauth2-proxy.svc.cluster.local',
              port: 80,
              includeRequestHeadersInCheck: ['authorization', 'cookie'],
              headersToUpstreamOnAllow: [
                'authorization',
                'path',
                'x-auth-request-email',
                'x-auth-request-groups',
                'x-auth-request-user',
              ],
              headersToDownstreamOnDeny: ['content-type', 'set-cookie'],
            },
          },
        ],
      },
    },
    { comment: 'Written by `gatehouse render`: values for the Helm chart of istiod (REGISTER.md).' },
  )
}
