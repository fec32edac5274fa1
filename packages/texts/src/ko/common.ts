import type { AlertMessages, ErrorMessages, RuleWarningMessages } from '../en/common.ts';

export const alerts: AlertMessages = {
  'severity.info': '정보',
  'severity.warning': '경고',
  'severity.critical': '위험',
  'alert.title': '{severity}: {host}',
  'alert.resolved': '해결됨: {text}',
  'alert.above': '{metric} {value} (기준 {threshold})',
  'alert.wasAbove': '{metric} {threshold} 초과',
  'alert.flapping': '발생과 해소를 반복 중 (최근 {count}번)',
  'alert.silent': '{span} 동안 데이터 없음',
  'alert.wasSilent': '데이터 없음',
  'alert.more': '외 {count}건',
  'alert.acknowledge': '확인',
  'alert.silenceHour': '1시간 무음',
  'alert.changed': '변경 사항이 있습니다. OpenManager을 열어 확인하세요.',
  'alert.notAcknowledged': '확인 처리하지 못했습니다',
  'alert.notSilenced': '무음 처리하지 못했습니다',
  'alert.over': '이미 해결된 알림입니다.',
  'unit.day': '일',
  'unit.hour': '시간',
  'unit.minute': '분',
  'unit.second': '초',
};

export const errors: ErrorMessages = {
  'error.unreachable': '허브가 응답하지 않습니다. 실행 중인지 확인한 뒤 다시 시도하세요.',
  'error.unauthenticated':
    '로그인하지 않았거나 세션이 끝났습니다. 다시 로그인하거나 토큰을 "Authorization: Bearer <토큰>"으로 보내세요.',
  'error.wrong-token':
    '이 허브가 모르는 토큰이거나 해지된 토큰입니다. 에이전트 페이지에서 새 등록 코드를 만들고 "openmanager agent enroll"을 다시 실행하세요.',
  'error.forbidden': '관리자만 할 수 있는 작업입니다. 관리자로 로그인하거나 관리자에게 요청하세요.',
  'error.wrong-credentials': '이름 또는 비밀번호가 올바르지 않습니다. 확인한 뒤 다시 시도하세요.',
  'error.origin-not-allowed':
    '이 출처의 요청은 허용되지 않습니다. 페이지의 정확한 출처를 --allow-origin에 지정해 허브를 시작하세요.',
  'error.setup-link-used':
    '이미 사용했거나 만료된 링크입니다. 비밀번호로 로그인하거나, 허브를 --signin-link 옵션으로 다시 시작해 새 링크를 받으세요.',
  'error.code-expired':
    '이미 사용했거나 만료된 등록 코드입니다. 에이전트 페이지에서 새 코드를 만드세요. 코드는 15분 동안 한 번만 쓸 수 있습니다.',
  'error.revoked': '허브에서 해지된 에이전트입니다. 실수였다면 새 코드로 다시 등록하세요.',
  'error.replaced-connection':
    '다른 에이전트가 같은 키로 연결했습니다. 키 하나에는 에이전트 하나만 실행하고, 다른 호스트는 따로 등록하세요.',
  'error.other-machine':
    '이 키는 지금 연결되어 있는 다른 기기의 것입니다. 에이전트 페이지에서 코드를 만들어 이 기기를 새로 등록하세요: openmanager agent enroll --hub URL --code CODE. 다른 기기를 대신하는 것이라면 그 기기를 멈추세요. 10분 뒤에 키가 옮겨집니다.',
  'error.protocol-version':
    '허브가 지원하지 않는 프로토콜 버전입니다. 오래된 쪽을 업데이트하세요. 허브가 지원하는 버전을 알려 줍니다.',
  'error.unknown-topic':
    '없는 토픽입니다. fleet, host:<id>, alerts, events, system 중 하나를 쓰세요.',
  'error.not-found': '더 이상 존재하지 않습니다. 삭제되었을 수 있으니 식별자를 확인하세요.',
  'error.invalid-input': '허브가 받아들일 수 없는 입력입니다. 표시된 항목을 고치세요.',
  'error.malformed-message':
    '메시지를 해석할 수 없습니다. 보내는 쪽을 업데이트하세요. 이미 최신이면 허브 로그와 함께 알려 주세요.',
  'error.message-too-large': '메시지가 허용 크기보다 큽니다. 배치를 줄이거나 시계열 수를 줄이세요.',
  'error.too-many-subscriptions':
    '구독이 너무 많습니다. 화면에 표시하지 않는 토픽의 구독을 해제하세요.',
  'error.too-many-requests': '짧은 시간에 요청이 너무 많습니다. 잠시 뒤 다시 시도하세요.',
  'error.slow-consumer':
    '메시지가 오는 속도보다 느리게 읽고 있습니다. 네트워크를 확인하세요. 바로 다시 연결하면 놓친 데이터를 받습니다.',
  'error.password-too-weak': '비밀번호가 너무 짧습니다. 10자 이상으로 정하세요.',
  'error.already-exists': '이미 있습니다. 다른 이름을 쓰거나 기존 항목을 바꾸세요.',
  'error.store-unavailable':
    '허브가 지금 데이터를 저장할 수 없습니다. 데이터 폴더의 디스크 공간과 권한을 확인하세요. 그동안의 데이터는 에이전트가 보관합니다.',
  'error.shutting-down': '허브가 종료되는 중입니다. 기다리면 자동으로 다시 연결됩니다.',
  'error.internal':
    '허브에서 문제가 발생했습니다. 자세한 내용은 이 요청 ID로 허브 로그에서 확인하세요.',
};

export const ruleWarnings: RuleWarningMessages = {
  'ruleWarning.unknown-metric':
    '{field}: “{value}” 지표를 측정하는 곳이 없어 규칙이 작동하지 않습니다',
  'ruleWarning.unknown-metric-like':
    '{field}: “{value}” 지표를 측정하는 곳이 없습니다. “{hint}”을(를) 뜻했나요?',
  'ruleWarning.share-beyond-one':
    '{field}: {value}은(는) 비율이 될 수 없습니다. {value} %는 {hint}(으)로 쓰세요',
  'ruleWarning.unknown-attribute':
    '{field}: {value} 시계열에는 이 속성이 없습니다. 있는 속성: {hint}',
  'ruleWarning.each-without-attributes':
    '{field}: {value}은(는) 호스트마다 시계열이 하나뿐입니다. scope total을 쓰세요',
  'ruleWarning.where-without-each': '{field}: scope each에서만 쓰입니다',
  'ruleWarning.reserved-label':
    '{field}: 모든 알림에 {value} 레이블이 이미 있어 이 레이블은 보이지 않습니다',
};
