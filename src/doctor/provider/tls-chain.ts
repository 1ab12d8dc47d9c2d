import type { Check, Finding, ProviderUnderTest } from '../contract.ts'
import type { CertificateSeen, Probe } from './probe.ts'

/** Is the certificate good: trusted authority, right host, right time. Each is a problem of its own, with its own remedy. */
export const tlsChain: Check = {
  id: 'tls-chain',
  title: 'The certificate is trusted, for this host and valid now',
  run: async ({ provider, probe, now }) => look(provider, probe, new Date(now())),
}

function look(provider: ProviderUnderTest, probe: Probe, now: Date): Finding[] {
  const base = { check: 'tls-chain', subject: provider.className }
  const { certificate } = probe
  if (!certificate) {
    const why = provider.trust.kind === 'plain' ? 'plain http: there is no certificate' : 'no certificate was seen'
    return [{ ...base, status: 'skipped', evidence: {}, remedy: why }]
  }
  if (provider.trust.kind === 'unverified') {
    const why = `${provider.path}.tls.verification.none: the certificate is not checked`
    return [{ ...base, status: 'skipped', evidence: describe(certificate), remedy: why }]
  }
  const problems = [
    untrusted(provider, certificate),
    wrongHost(provider, probe, certificate),
    wrongTime(certificate, now),
  ].filter((problem) => problem !== undefined)
  if (problems.length === 0) return [{ ...base, status: 'ok', evidence: describe(certificate), remedy: '' }]
  return problems.map((problem) => ({ ...base, status: 'problem', ...problem }))
}

type Problem = Pick<Finding, 'evidence' | 'remedy'> & Required<Pick<Finding, 'code'>>

const timeErrors = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

function untrusted({ path, trust }: ProviderUnderTest, certificate: CertificateSeen): Problem | undefined {
  const { chainError } = certificate
  if (chainError === undefined || timeErrors.has(chainError)) return undefined
  const trusted = trust.kind === 'verified' ? trust.authorities : ''
  return {
    code: 'certificate-untrusted',
    evidence: {
      subject: certificate.subject,
      'issued by': certificate.issuer,
      trusted,
      reason: sayChainError(chainError),
    },
    remedy: isDefaultCertificate(certificate)
      ? 'Give the ingress a certificate for this host: this is the placeholder that it makes for itself.'
      : `Add the authority that issued it: a ca.crt under \`secrets\`, named by ${path}.tls.verification.server.caCert.secretClass, or network.ca.`,
  }
}

function wrongHost({ path }: ProviderUnderTest, { host }: Probe, certificate: CertificateSeen): Problem | undefined {
  if (certificate.namesHost) return undefined
  return {
    code: 'certificate-hostname-mismatch',
    evidence: { asked: host, 'certificate is for': certificate.names || certificate.subject },
    remedy: isDefaultCertificate(certificate)
      ? 'Give the ingress a certificate for this host: this is the placeholder that it makes for itself.'
      : `Issue a certificate with ${host} among its subject alternative names, or correct ${path}.hostname.`,
  }
}

function wrongTime({ validFrom, validTo, chainError }: CertificateSeen, now: Date): Problem | undefined {
  const evidence = { now: seconds(now), 'valid from': seconds(validFrom), 'valid to': seconds(validTo) }
  const code = 'certificate-expired'
  if (now > validTo) return { code, evidence, remedy: 'Renew the certificate of the provider: it has expired.' }
  if (now < validFrom) {
    return { code, evidence, remedy: 'Compare the clocks of both machines: the certificate is not valid yet.' }
  }
  if (chainError === undefined || !timeErrors.has(chainError)) return undefined
  return { code, evidence, remedy: 'Renew the certificate of the authority in between: that one is not valid now.' }
}

function describe(certificate: CertificateSeen): Record<string, string> {
  return {
    subject: certificate.subject,
    names: certificate.names,
    'issued by': certificate.issuer,
    'valid to': seconds(certificate.validTo),
  }
}

function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

function isDefaultCertificate({ subject }: CertificateSeen): boolean {
  return /Ingress Controller Fake Certificate|TRAEFIK DEFAULT CERT/i.test(subject)
}

const chainErrors: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority at the end of the chain is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of its issuer was neither sent nor is it trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate of its issuer was neither sent nor is it trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of its issuer was neither sent nor is it trusted here',
  CERT_REVOKED: 'it has been revoked',
}

function sayChainError(code: string): string {
  const sentence = chainErrors[code]
  return sentence === undefined ? code : `${sentence} (${code})`
}
