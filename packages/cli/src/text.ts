/** What the command prints, in English and Korean, chosen by the locale of the environment. */
const english = {
  usage: 'Usage: openmanager <command> [flags]',
  commands: 'Commands',
  flags: 'Flags (each is also an environment variable)',
  'help.hint': 'Run "openmanager <command> --help" for the flags of a command.',
  'command.start': 'hub, dashboard and an agent for this machine',
  'command.hub': 'hub and dashboard without an agent',
  'command.agent': 'agent for this machine, sending to a hub elsewhere',
  'command.enroll': 'exchange a one-time code for a key of this agent',
  'command.demo': 'hub with simulated hosts, marked as demo, in a data folder of its own',
  'setting.listen': 'address and port of the hub',
  'setting.data': 'folder of the hub’s data',
  'setting.retention': 'how long samples are kept',
  'setting.allow-origin': 'origin of another page that may connect; may be repeated',
  'setting.log-level': 'fatal, error, warn, info, debug or trace',
  'setting.signin-link': 'print a new one-time sign-in link for the administrator',
  'setting.interval': 'time between samples while nobody looks at the host',
  'setting.hub': 'address of the hub',
  'setting.token': 'key of this agent; read from the state folder when left out',
  'setting.code': 'one-time enrolment code from the Agents page',
  'setting.state': 'folder of the agent’s key and spool',
  'setting.hosts': 'number of simulated hosts',
  'setting.seed': 'the same seed gives the same hosts',
  'error.unknown-command': 'There is no command “{command}”.',
  'error.number': '--{flag} takes a whole number, not “{value}”.',
  'error.duration': '--{flag} takes a time such as 5s, 90m or 14d, not “{value}”.',
  'error.required': '--{flag} is needed.',
  'error.what-now': 'Run “openmanager {command} --help” for the flags.',
  'error.failed': 'Could not start',
  'step.store': 'opened the store in {folder}',
  'step.listen': 'listening on {url}',
  'step.agent': 'watching this machine, {hostname}',
  'step.demo': '{hosts} simulated hosts are sending',
  'ready.setup': 'Open this link to sign in. It works once:',
  'ready.url': 'Open the dashboard:',
  'ready.stop': 'Ctrl-C stops it; nothing is lost.',
  stopping: 'stopping …',
  stopped: 'stopped; everything acknowledged is on disk',
  'enroll.done': 'enrolled as {agentId}; the key is in {folder}',
  'enroll.next': 'Now run: openmanager agent --hub {hub}',
  'agent.running': 'sending to {hub} every {interval} s',
} as const;

export type TextKey = keyof typeof english;

const korean: Record<TextKey, string> = {
  usage: '사용법: openmanager <명령> [옵션]',
  commands: '명령',
  flags: '옵션 (같은 이름의 환경 변수로도 지정할 수 있습니다)',
  'help.hint': '명령별 옵션은 "openmanager <명령> --help"로 볼 수 있습니다.',
  'command.start': '허브, 대시보드, 이 컴퓨터의 에이전트를 함께 실행',
  'command.hub': '에이전트 없이 허브와 대시보드만 실행',
  'command.agent': '다른 곳의 허브로 보내는 이 컴퓨터의 에이전트',
  'command.enroll': '일회용 코드를 이 에이전트의 키로 교환',
  'command.demo': '데모로 표시된 가상 호스트와 허브를 별도 데이터 폴더에서 실행',
  'setting.listen': '허브의 주소와 포트',
  'setting.data': '허브 데이터 폴더',
  'setting.retention': '샘플 보관 기간',
  'setting.allow-origin': '접속을 허용할 다른 페이지의 출처 (여러 번 지정 가능)',
  'setting.log-level': 'fatal, error, warn, info, debug, trace 중 하나',
  'setting.signin-link': '관리자용 일회용 로그인 링크를 새로 출력',
  'setting.interval': '아무도 보고 있지 않을 때의 수집 간격',
  'setting.hub': '허브 주소',
  'setting.token': '이 에이전트의 키 (생략하면 상태 폴더에서 읽음)',
  'setting.code': '에이전트 페이지에서 만든 일회용 등록 코드',
  'setting.state': '에이전트의 키와 대기열을 두는 폴더',
  'setting.hosts': '가상 호스트 수',
  'setting.seed': '같은 값이면 같은 호스트가 만들어집니다',
  'error.unknown-command': '“{command}” 명령은 없습니다.',
  'error.number': '--{flag}에는 정수를 지정해야 합니다. 받은 값: “{value}”',
  'error.duration': '--{flag}에는 5s, 90m, 14d 같은 시간을 지정해야 합니다. 받은 값: “{value}”',
  'error.required': '--{flag} 옵션이 필요합니다.',
  'error.what-now': '옵션은 “openmanager {command} --help”로 볼 수 있습니다.',
  'error.failed': '시작할 수 없습니다',
  'step.store': '{folder}에서 저장소를 열었습니다',
  'step.listen': '{url}에서 접속을 기다립니다',
  'step.agent': '이 컴퓨터({hostname})를 지켜보고 있습니다',
  'step.demo': '가상 호스트 {hosts}대가 데이터를 보내고 있습니다',
  'ready.setup': '이 링크를 열어 로그인하세요. 한 번만 쓸 수 있습니다:',
  'ready.url': '대시보드 열기:',
  'ready.stop': 'Ctrl-C로 멈춥니다. 데이터는 사라지지 않습니다.',
  stopping: '멈추는 중 …',
  stopped: '멈췄습니다. 확인 응답한 데이터는 모두 디스크에 있습니다',
  'enroll.done': '{agentId}(으)로 등록했습니다. 키는 {folder}에 있습니다',
  'enroll.next': '이제 실행하세요: openmanager agent --hub {hub}',
  'agent.running': '{hub}(으)로 {interval}초마다 보냅니다',
};

function isKorean(environment: NodeJS.ProcessEnv): boolean {
  const locale =
    environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || '';
  return locale.toLowerCase().startsWith('ko');
}

export function text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  const sentence = (isKorean(process.env) ? korean : english)[key];
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
