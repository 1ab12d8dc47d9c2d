import type { Check, Outcome, ProviderContext, ProviderUnderTest } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { isCertificateRefused, type Probe } from '../probe.ts'

/** Checks that the provider can be reached: DNS, TCP, TLS, HTTP, and a discovery document at the end. Names the first hop that fails. */
export const reachability: Check<'provider'> = {
  id: 'reachability',
  title: 'The provider can be reached',
  run: look,
}

function look({ provider, probe }: ProviderContext): Outcome {
  const { failure } = probe
  if (!failure && isCertificateRefused(probe, provider)) {
    return skipped('HTTP was not tried: the certificate is refused', probe.hops)
  }
  if (!failure) return ok(probe.hops)
  return problem(
    'provider-unreachable',
    { asked: provider.discoveryUrl, ...probe.hops, 'failing hop': failure.hop, reason: failure.reason },
    remedyFor(provider, probe, failure),
  )
}

function remedyFor(provider: ProviderUnderTest, probe: Probe, { hop, reason }: NonNullable<Probe['failure']>): string {
  const { path, className } = provider
  if (className === 'gatehouse') {
    return hop === 'DNS'
      ? `Let the name ${probe.host} resolve to Gatehouse, or correct \`issuer\`.`
      : 'Start `gatehouse serve`, or let the proxy in front of it pass /.well-known/openid-configuration.'
  }
  if (hop === 'DNS') return `Correct ${path}.hostname, or the name server of this machine: the name does not resolve.`
  if (hop === 'TCP') {
    return `Start the provider, correct ${path}.port, or open the network path to ${probe.host}:${probe.port} (firewall, proxy, NetworkPolicy).`
  }
  if (hop === 'TLS') {
    return /wrong.version|packet length|EPROTO/i.test(reason)
      ? `Remove ${path}.tls or correct ${path}.port: the server at ${probe.host}:${probe.port} does not speak TLS.`
      : `Check the TLS setup of ${probe.host}:${probe.port}: the handshake ends before a certificate is shown.`
  }
  if (hop === 'JSON') return `Correct ${path}.rootPath: the address answers, but not as a provider.`
  if (probe.answer?.status === 404) return `Correct ${path}.rootPath: nothing is served at this address.`
  if (probe.answer?.location !== undefined) {
    return `Configure the address that it redirects to: hostname, port, rootPath and tls below ${path}.`
  }
  if (probe.answer) return `Check the log of the provider: it answers ${probe.answer.status} at its discovery address.`
  return provider.trust.kind === 'plain'
    ? `Check the log of the provider, or add ${path}.tls if it speaks https: the connection ends without an answer.`
    : 'Check the log of the provider: the connection ends without an answer.'
}
