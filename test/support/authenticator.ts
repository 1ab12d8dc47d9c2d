import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** What a test may do differently from an honest authenticator and browser. */
export interface Lies {
  origin?: string
  rpId?: string
  type?: string
  challenge?: string
  counter?: number
  verified?: boolean
  userHandle?: string
}

interface AskedOptions {
  challenge: string
  rp?: { id: string }
  rpId?: string
  user?: { id: string }
}

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest()
const url64 = (bytes: Buffer) => bytes.toString('base64url')
/** A text string of CBOR (RFC 8949) of less than 24 bytes. */
const word = (text: string) => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
/** A byte string of CBOR. */
const byteString = (bytes: Buffer) =>
  Buffer.concat([
    bytes.length < 256 ? Buffer.from([0x58, bytes.length]) : Buffer.from([0x59, bytes.length >> 8, bytes.length & 255]),
    bytes,
  ])

/** A passkey in software (WebAuthn level 3, ES256), in a browser at `origin`: it says what a test wants it to say. */
export function createAuthenticator(origin: string) {
  const id = randomBytes(16)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const point = (text: string) => byteString(Buffer.from(text, 'base64url'))
  // kty EC2, alg ES256, crv P-256, and the point (RFC 9053).
  const cose = Buffer.concat([
    Buffer.from('a5010203262001', 'hex'),
    Buffer.from([0x21]),
    point(x),
    Buffer.from([0x22]),
    point(y),
  ])
  let userHandle = ''
  let signed = 0

  const clientData = (type: string, { challenge }: AskedOptions, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const data = (rpId: string, flags: number, lies: Lies, more = Buffer.alloc(0)) => {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(lies.counter ?? signed)
    const seen = (lies.verified ?? true) ? 0x05 : 0x01
    return Buffer.concat([sha256(lies.rpId ?? rpId), Buffer.from([seen | flags]), counter, more])
  }

  return {
    /** The answer to the options of a new passkey. */
    create: (options: string, lies: Lies = {}): string => {
      const asked = JSON.parse(options) as AskedOptions
      userHandle = asked.user?.id ?? ''
      const length = Buffer.from([0, id.length])
      const made = data(asked.rp?.id ?? '', 0x40, lies, Buffer.concat([Buffer.alloc(16), length, id, cose]))
      const parts = [
        word('fmt'),
        word('none'),
        word('attStmt'),
        Buffer.from([0xa0]),
        word('authData'),
        byteString(made),
      ]
      const attestationObject = url64(Buffer.concat([Buffer.from([0xa3]), ...parts]))
      const clientDataJSON = url64(clientData('webauthn.create', asked, lies))
      const response = { clientDataJSON, attestationObject, transports: ['internal'] }
      return answer(response)
    },

    /** The answer to the options of a sign-in. */
    get: (options: string, lies: Lies = {}): string => {
      const asked = JSON.parse(options) as AskedOptions
      signed++
      const authenticatorData = data(asked.rpId ?? '', 0, lies)
      const client = clientData('webauthn.get', asked, lies)
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(client)]), privateKey)
      return answer({
        clientDataJSON: url64(client),
        authenticatorData: url64(authenticatorData),
        signature: url64(signature),
        userHandle: lies.userHandle ?? userHandle,
      })
    },
  }

  function answer(response: Record<string, unknown>): string {
    return JSON.stringify({ id: url64(id), rawId: url64(id), type: 'public-key', clientExtensionResults: {}, response })
  }
}
