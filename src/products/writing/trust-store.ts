/** Trust stores for products in Java that do not read PEM. */
import { mdCode, upperSnake } from '../../formats.ts'
import type { ExpectedVariable } from '../contract.ts'

/** Java requires a password for a store, even though it contains nothing secret. */
export function trustStoreVariableName(className: string): string {
  return `GATEHOUSE_${upperSnake(className)}_TRUST_STORE_PASSWORD`
}

export function trustStoreVariable(className: string, file: string): ExpectedVariable {
  return { name: trustStoreVariableName(className), note: `The password of ${file}, at least 6 characters.` }
}

/** A step of REGISTER.md. */
export function trustStoreStep(options: { className: string; secretClass: string; file: string }): string {
  const { className, secretClass, file } = options
  const command = `keytool -importcert -noprompt -storetype PKCS12 -keystore ${file} -alias ${className} -file ca.crt -storepass:env ${trustStoreVariableName(className)}`
  return `Put the certificate authority (\`ca.crt\` of ${mdCode(secretClass)}, PEM) into a store: ${mdCode(command)}.`
}
