import type { CertificateCheck } from '../../config/tls.ts'
import { type Comment, comment, type EnvEntry, envEntry, upperSnake, writeEnv } from '../../formats.ts'
import type { ClientAtProvider, ExpectedVariable, LdapDirectory, ProductInput, RenderedFile } from '../contract.ts'

/** The variables of a client: its secret, and its id where the files name a variable for it. */
export function clientVariables(
  { name }: Pick<ProductInput, 'name'>,
  client: ClientAtProvider & { className: string },
): ExpectedVariable[] {
  const { className, clientIdVariable, secretVariable, secretName, secretIsDerived } = client
  const source = secretIsDerived ? `gatehouse clients secret ${name}` : 'REGISTER.md says where to get it'
  const secret = { name: secretVariable, note: `The client secret at ${className}: ${source}.` }
  const from = (key: string) => (secretName === undefined ? {} : { from: { secretName, key } })
  return [
    ...(clientIdVariable === undefined
      ? []
      : [{ name: clientIdVariable, note: `The client id at ${className}.`, ...from('clientId') }]),
    { ...secret, ...from('clientSecret'), ...(secretIsDerived ? { derived: true as const } : {}) },
  ]
}

/** The variables of the account that searches a directory; none without such an account. */
export function bindVariables({ className, bind }: LdapDirectory): ExpectedVariable[] {
  if (!bind) return []
  const { secretName, userVariable, passwordVariable } = bind
  return [
    {
      name: userVariable,
      note: `The DN of the account that searches ${className}.`,
      from: { secretName, key: 'user' },
    },
    { name: passwordVariable, note: `The password of that DN.`, from: { secretName, key: 'password' } },
  ]
}

/** The variable with the path of a class's own certificate authority, for products that read it from a variable. */
export function caFileVariable({ className, tls }: { className: string; tls: CertificateCheck }): ExpectedVariable[] {
  if (tls.kind !== 'own-ca') return []
  return [{ name: caVariableName(className), note: `Path of the certificate authority (PEM) of ${className}.` }]
}

export function caVariableName(className: string): string {
  return `GATEHOUSE_${upperSnake(className)}_CA_FILE`
}

/** secrets.env.example: the variables that the files expect, without values. */
export function secretsExample(variables: readonly ExpectedVariable[]): RenderedFile {
  const entries = variables.flatMap(({ name, note }): (Comment | EnvEntry)[] => [
    comment(''),
    comment(note),
    envEntry(name, ''),
  ])
  const head = comment(
    variables.length === 0
      ? 'The rendered files expect no variable in the environment of the product.'
      : 'Variables that the rendered files expect in the environment of the product.\nCopy to secrets.env, fill in, keep it out of version control.',
  )
  return { path: 'secrets.env.example', content: writeEnv([head, ...entries]) }
}

/** Two entries that share a secret share its variable. */
export function uniqueVariables(variables: readonly ExpectedVariable[]): ExpectedVariable[] {
  return variables.filter(({ name }, index) => variables.findIndex((other) => other.name === name) === index)
}
