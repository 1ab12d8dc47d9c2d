import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { aptInstall } from './apt.ts'
import { pythonEnvironment } from './python.ts'

/**
 * What products of Python 3.11 need to ask a directory, for their PYTHONPATH: python-ldap (no wheel, so it is built) for
 * Flask-AppBuilder, and JupyterHub's authenticator. Without what these depend on, which the products have.
 */
export async function pythonLdap(): Promise<string> {
  if (!existsSync('/usr/include/ldap.h') || !existsSync('/usr/include/sasl/sasl.h')) {
    await aptInstall(['libldap2-dev', 'libsasl2-dev'])
  }
  const venv = await pythonEnvironment('python-ldap-3.4.8', 'python3.11', [
    '--no-deps',
    'python-ldap==3.4.8',
    'jupyterhub-ldapauthenticator==2.0.2',
    'ldap3==2.9.1',
    'pyasn1==0.6.5',
    'pyasn1-modules==0.4.2',
  ])
  return join(venv, 'lib/python3.11/site-packages')
}
