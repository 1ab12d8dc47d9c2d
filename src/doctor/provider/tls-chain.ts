import { own } from '../../maps.ts'
import type { Check, Outcome, ProviderContext, ProviderUnderTest } from '../contract.ts'
import { ok, problem, skipped, warning } from '../outcome.ts'
import type { CertificateSeen, Probe } from '../probe.ts'

/** Checks the certificate: trusted authority, right host, right time. Each is its own problem with its own remedy. */
export const tlsChain: Check<'provider'> = {
  id: 'tls-chain',
  title: 'The certificate is trusted, for this host and valid now',
  run: look,
}

function look({ provider, probe, now }: ProviderContext): Outcome | Outcome[] {
  const { certificate } = probe
  if (!certificate) {
    return skipped(provider.trust.kind === 'plain' ? 'plain http: there is no certificate' : 'no certificate was seen')
  }
  if (provider.trust.kind === 'unverified') {
    const why = `${provider.path}.tls.verification.none: the certificate is not checked`
    return skipped(why, describe(certificate))
  }
  const problems = [
    untrusted(provider, certificate),
    wrongHost(provider, probe, certificate),
    wrongTime(certificate, new Date(now())),
  ].filter((seen) => seen !== undefined)
  if (problems.length > 0) return problems
  return endsSoon(certificate, now()) ?? ok(describe(certificate))
}

const day = 24 * 60 * 60 * 1000
/** Time enough to notice that a renewal has failed. Automatic ones happen earlier: 30 days before the end for those of 90. */
const soon = 14 * day

/** One that lives for days only is renewed in its last third. */
function endsSoon(certificate: CertificateSeen, now: number): Outcome | undefined {
  const { validFrom, validTo } = certificate
  const left = validTo.getTime() - now
  if (left >= Math.min(soon, (validTo.getTime() - validFrom.getTime()) / 3)) return undefined
  const days = Math.floor(left / day)
  return warning(
    'certificate-expired',
    { ...describe(certificate), 'days left': String(days) },
    `Renew the certificate of the provider: it ends in ${days} days. If that happens by itself, look why it has not yet.`,
  )
}

const placeholderRemedy = 'Give the ingress a certificate for this host: this one is its own placeholder.'

const timeErrors = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

function untrusted({ path, trust }: ProviderUnderTest, certificate: CertificateSeen): Outcome | undefined {
  const { chainError } = certificate
  if (chainError === undefined || timeErrors.has(chainError)) return undefined
  const trusted = trust.kind === 'verified' ? trust.authorities : ''
  return problem(
    'certificate-untrusted',
    {
      subject: certificate.subject,
      'issued by': certificate.issuer,
      trusted,
      reason: sayChainError(chainError),
    },
    isDefaultCertificate(certificate)
      ? placeholderRemedy
      : `Add the authority that issued it: a ca.crt under \`secrets\`, named by ${path}.tls.verification.server.caCert.secretClass, or network.ca.`,
  )
}

function wrongHost({ path }: ProviderUnderTest, { host }: Probe, certificate: CertificateSeen): Outcome | undefined {
  if (certificate.namesHost) return undefined
  return problem(
    'certificate-hostname-mismatch',
    { asked: host, 'certificate is for': certificate.names || certificate.subject },
    isDefaultCertificate(certificate)
      ? placeholderRemedy
      : `Issue a certificate with ${host} among its subject alternative names, or correct ${path}.hostname.`,
  )
}

function wrongTime({ validFrom, validTo, chainError }: CertificateSeen, now: Date): Outcome | undefined {
  const evidence = { now: seconds(now), 'valid from': seconds(validFrom), 'valid to': seconds(validTo) }
  const expired = (remedy: string) => problem('certificate-expired', evidence, remedy)
  if (now > validTo) return expired('Renew the certificate of the provider: it has expired.')
  if (now < validFrom) return expired('Compare the clocks of both machines: the certificate is not valid yet.')
  if (chainError === undefined || !timeErrors.has(chainError)) return undefined
  return expired('Renew the intermediate certificate: that one is not valid now.')
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
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority at the end of the chain is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of its issuer was not sent and is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate of its issuer was not sent and is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of its issuer was not sent and is not trusted here',
  CERT_REVOKED: 'it has been revoked',
}

function sayChainError(code: string): string {
  const sentence = own(chainErrors, code)
  return sentence === undefined ? code : `${sentence} (${code})`
}
