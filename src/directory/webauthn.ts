/** Imported on demand: a server at which nobody has a passkey never loads the library. */
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Passkey } from '../store/passkeys.ts'

/** Where passkeys are good: the host of the issuer (RP id), and its origin. A browser at any other origin gives none. */
export interface RelyingParty {
  id: string
  origin: string
}

/** What a verified passkey says. */
export interface VerifiedPasskey {
  counter: number
  /** It stays on one device, and is not copied to others of its owner. */
  staysOnDevice: boolean
}

/** What the browser needs to make a passkey, as JSON: one that is found without a name, and asks its owner for a finger or a PIN. */
export async function creationOptions(
  { id }: RelyingParty,
  { user, challenge, known }: { user: { id: string; username: string }; challenge: string; known: readonly Passkey[] },
): Promise<string> {
  const options = await generateRegistrationOptions({
    rpID: id,
    rpName: id,
    userID: new TextEncoder().encode(user.id),
    userName: user.username,
    challenge: bytes(challenge),
    attestationType: 'none',
    excludeCredentials: known.map((passkey) => ({ id: passkey.id })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return JSON.stringify(options)
}

/** What the browser needs to ask for a passkey, as JSON. It names nobody: the owner chooses. */
export async function requestOptions({ id }: RelyingParty, challenge: string): Promise<string> {
  const options = await generateAuthenticationOptions({
    rpID: id,
    challenge: bytes(challenge),
    userVerification: 'required',
  })
  return JSON.stringify(options)
}

/** The new passkey of an answer; undefined for one that is not of this challenge, origin and host, or without its owner’s presence. */
export async function verifiedCreation(
  { id, origin }: RelyingParty,
  { answer, challenge }: { answer: string; challenge: string },
): Promise<Pick<Passkey, 'id' | 'publicKey' | 'counter' | 'transports'> | undefined> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: JSON.parse(answer) as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      requireUserVerification: true,
    })
    if (!verified) return undefined
    const { credential } = registrationInfo
    return {
      id: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: (credential.transports ?? []).filter((word) => /^[a-z-]{1,20}$/.test(word)).slice(0, 8),
    }
  } catch {
    // The library throws for whatever does not fit; to whoever sends it, one answer is as good as another.
    return undefined
  }
}

/** What an answer with a passkey proves; undefined for one that does not fit, as above, or whose counter has not grown. */
export async function verifiedRequest(
  { id, origin }: RelyingParty,
  { answer, challenge, passkey }: { answer: string; challenge: string; passkey: Passkey },
): Promise<VerifiedPasskey | undefined> {
  try {
    const response = JSON.parse(answer) as AuthenticationResponseJSON
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: id,
      credential: { id: passkey.id, publicKey: bytes(passkey.publicKey), counter: passkey.counter },
      requireUserVerification: true,
    })
    if (!verified || !isOwners(response, passkey)) return undefined
    const { newCounter, credentialDeviceType } = authenticationInfo
    return { counter: newCounter, staysOnDevice: credentialDeviceType === 'singleDevice' }
  } catch {
    return undefined
  }
}

/** The authenticator says whose passkey it is: it must be the person for whom it is stored (WebAuthn section 7.2, step 6). */
function isOwners({ response: { userHandle } }: AuthenticationResponseJSON, { userId }: Passkey): boolean {
  return userHandle !== undefined && Buffer.from(userHandle, 'base64url').toString() === userId
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64url, 'base64url'))
}
