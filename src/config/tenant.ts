import type { Vendor } from '../vendors/contract.ts'

/**
 * Why tokens of the provider will not have this issuer, where its vendor puts a tenant into both, and what to write instead; `className`
 * is the class that says it. Undefined: nothing is wrong. Of an issuer that tokens do not come from nobody can compare the name with
 * that in a token; and what is not compared is believed, such as people of every tenant.
 */
export function tenantProblem({ title, tenantOf }: Vendor, issuer: string, className: string): string | undefined {
  const tenant = tenantOf?.(issuer)
  if (!tenant || tenant.issuer === issuer) return undefined
  const at = `authenticationClasses.${className}.oidc.rootPath`
  if (tenant.issuer !== undefined) {
    const rootPath = new URL(tenant.issuer).pathname
    return `the issuer in tokens of ${title} is ${tenant.issuer}, and not ${issuer}: write ${rootPath} in ${at}`
  }
  const has = tenant.written === '' ? 'nothing' : 'another word'
  const danger = tenant.isForAll ? ' and people of every tenant can come' : ''
  return `${title} puts the id of the tenant into tokens where ${issuer} has ${has}, so that issuers differ${danger}: write the id of your tenant in ${at}`
}
