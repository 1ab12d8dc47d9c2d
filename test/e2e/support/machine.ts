import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureCommand } from './apt.ts'
import { tempFolder } from './temp.ts'

export interface Ended {
  status: number
  stdout: string
  stderr: string
}

export interface InMachineOptions {
  /** Where; /root unless told. */
  cwd?: string
  /** Before the other folders of PATH. */
  path?: string
  /** `outside`: the network of the real machine, where registries are; by default a loopback of its own. */
  network?: 'own' | 'outside'
  input?: string | Buffer
  /** Milliseconds; three minutes unless told. */
  within?: number
}

export interface Machine {
  /** What its process 1 printed. */
  log(): string
  /** Runs a script of bash that ends at the first command that fails. */
  run(script: string, options?: InMachineOptions): Promise<Ended>
  /** Sends its process 1 a signal, and waits for the status with which it ends. */
  end(signal: NodeJS.Signals): Promise<number | null>
  stop(): Promise<void>
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * A throwaway machine: all files of this one, copied when they are written, with processes, a loopback and accounts of its own. `init` is
 * what runs first in it, as root and as process 1, in a script of bash that finds the root of the machine in $R. Nothing of it stays.
 * Needs root, as a container that may mount.
 */
async function startNamespaces(init: string): Promise<Machine> {
  const [unshare, nsenter] = [
    await ensureCommand('unshare', ['util-linux']),
    await ensureCommand('nsenter', ['util-linux']),
  ]
  await ensureCommand('ip', ['iproute2'])
  const folder = tempFolder('machine')
  const script = `set -eu
T=${folder}
mount -t tmpfs none $T
R=$T/root
mkdir $T/up $T/work $R
mount -t overlay overlay -o lowerdir=/,upperdir=$T/up,workdir=$T/work $R
mount -t proc proc $R/proc
mount --rbind /dev $R/dev
ip link set lo up
${init}`
  const child = spawn(unshare, ['--mount', '--pid', '--net', '--fork', '--kill-child', 'bash', '-c', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: systemPath, container: 'lxc' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const gone = once(child, 'exit')
  process.once('exit', () => child.kill('SIGKILL'))

  /** The number of the machine's process 1, seen from here. */
  const first = async (): Promise<number> => {
    for (let tries = 0; tries < 100; tries++) {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
      if (children !== '') return Number(children.split(' ')[0])
      await sleep(20)
    }
    throw new Error(`the machine did not start:\n${said}`)
  }

  return {
    log: () => said,
    end: async (signal) => {
      process.kill(await first(), signal)
      const [code] = (await gone) as [number | null]
      return code
    },
    run: async (text, { cwd = '/root', path = '', network = 'own', input = '', within = 180_000 } = {}) => {
      const pid = await first()
      const namespaces = [
        '--target',
        String(pid),
        '--mount',
        '--pid',
        '--root',
        ...(network === 'own' ? ['--net'] : []),
      ]
      const bash = ['bash', '--norc', '-euo', 'pipefail', '-c', `cd ${cwd}\n${text}`]
      const inside = spawn(nsenter, [...namespaces, '--wd', ...bash], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: machineEnvironment(path),
        timeout: within,
        killSignal: 'SIGKILL',
      })
      const ended: Ended = { status: -1, stdout: '', stderr: '' }
      inside.stdout.setEncoding('utf8').on('data', (chunk) => (ended.stdout += chunk))
      inside.stderr.setEncoding('utf8').on('data', (chunk) => (ended.stderr += chunk))
      inside.stdin.on('error', () => {})
      inside.stdin.end(input)
      const [code] = (await once(inside, 'exit')) as [number | null]
      // What is left in the background may keep the pipes open.
      await Promise.race([once(inside, 'close'), sleep(1000)])
      ended.status = code ?? -1
      return ended
    },
    stop: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** What npm needs to find its registry, and nothing of this process: no Node.js of ours in PATH. */
function machineEnvironment(path: string): Record<string, string> {
  const passed = Object.entries(process.env).filter(
    ([name, value]) =>
      value !== undefined &&
      (/^(?:https?|no)_proxy$/i.test(name) ||
        /^npm_config_(?!prefix|user_agent|noproxy|local|global)\w*$/i.test(name) ||
        /^(?:SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|LANG)$/.test(name)),
  ) as [string, string][]
  return {
    ...Object.fromEntries(passed),
    npm_config_update_notifier: 'false',
    HOME: '/root',
    PATH: path === '' ? systemPath : `${path}:${systemPath}`,
  }
}

/** A machine on which a real systemd runs services, and nothing else. */
export async function startSystemd(): Promise<Machine> {
  await ensureCommand('systemd-analyze', ['systemd'])
  const machine = await startNamespaces(`
mount -t sysfs sysfs $R/sys
mount -t cgroup2 cgroup2 $R/sys/fs/cgroup
mount -t tmpfs none $R/run
mount -t tmpfs none $R/tmp
# What a real start would bring up, from devices to consoles, is not for a copy.
rm -rf $R/lib/systemd/system/*.target.wants $R/etc/systemd/system/*.wants $R/etc/systemd/system/*.target
for unit in sysinit basic network-online multi-user machine; do
  printf '[Unit]\\nDefaultDependencies=no\\n' > $R/etc/systemd/system/$unit.target
done
# Not chroot: the kernel gives whoever is in one no user namespaces (PrivateUsers).
cd $R
mkdir old
pivot_root . old
umount -l old
exec /lib/systemd/systemd --system --unit=machine.target --log-target=null --show-status=no`)
  for (let tries = 0; ; tries++) {
    const { stdout } = await machine.run('systemctl is-system-running || true')
    if (/^(?:running|degraded)/.test(stdout)) break
    if (tries > 100) throw new Error(`systemd did not start: ${stdout}`)
    await sleep(100)
  }
  await machine.run('systemctl start systemd-journald')
  return machine
}

export interface Container {
  /** The files of the image that are not of its base, from `/`. */
  tree: string
  /** The program `node` of the base. */
  node: string
  /** Steps that run as root while the root is made. */
  steps: readonly string[]
  /** The folder that is mounted, read-only, at /etc/gatehouse. */
  configuration: string
  /** The folder of the volume at /var/lib/gatehouse. */
  volume: string
  user: string
  environment: Readonly<Record<string, string>>
  workFolder: string
  command: readonly string[]
}

/** As the account of the image, without rights or a way to get any. */
export function asUser(user: string): string {
  const [uid = '', gid = ''] = user.split(':')
  return `setpriv --reuid ${uid} --regid ${gid} --clear-groups --no-new-privs --bounding-set -all --inh-caps -all --`
}

/**
 * What a container runtime would make of an image: its files on the system files of this machine (the base is a Debian too), read-only but for
 * the volume and /tmp; its command as process 1 and as its user.
 */
export function startContainer(container: Container): Promise<Machine> {
  const { tree, node, steps, configuration, volume, user, environment, workFolder, command } = container
  const variables = Object.entries(environment).map(([name, value]) => quoted(`${name}=${value}`))
  return startNamespaces(`
C=$T/container
mkdir $C
mount --bind $C $C
for name in usr bin sbin lib lib64; do
  if [ -L /$name ]; then cp -a /$name $C/; elif [ -d /$name ]; then mkdir $C/$name; mount --bind /$name $C/$name; fi
done
mkdir -p $C/etc $C/proc $C/dev $C/tmp $C/var/lib $C/root
for name in passwd group nsswitch.conf ld.so.cache; do cp /etc/$name $C/etc/; done
mount -t tmpfs none $C/usr/local
mkdir $C/usr/local/bin
cp ${quoted(node)} $C/usr/local/bin/node
cp -a ${quoted(tree)}/. $C/
chown -R root:root $C/opt
${steps.map((step) => `chroot $C sh -euc ${quoted(step)}`).join('\n')}
mount --bind ${quoted(configuration)} $C/etc/gatehouse
mount --bind ${quoted(volume)} $C/var/lib/gatehouse
mount -t tmpfs none $C/tmp
mount -t proc proc $C/proc
mount --rbind /dev $C/dev
for name in /usr /bin /sbin /lib /lib64 /usr/local /etc/gatehouse ''; do
  if mountpoint -q $C$name && [ ! -L $C$name ]; then mount -o remount,bind,ro $C$name; fi
done
cd $C
exec env -i PATH=/usr/local/bin:/usr/bin:/bin ${variables.join(' ')} $(command -v chroot) $C ${asUser(user)} sh -c 'cd ${workFolder} && exec "$@"' sh ${command.map(quoted).join(' ')}`)
}

/** As one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
