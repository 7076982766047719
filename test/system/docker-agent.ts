/** What an agent of somebody else looks like that was put into a container: it knows three things, and no Keepwell. */

/** It looks for its plugins once, then beats with the error rate that a file of its workspace says. */
export const THIRD_PARTY = [
  'sh',
  '-c',
  `
  token=$(cat /configs/.auth_token)
  for plugin in /configs/plugins/*; do echo "found $plugin"; done
  while :; do
    rate=$(cat /workspace/error_rate 2> /dev/null || echo 0)
    wget -q -O - --header "Authorization: Bearer $token" --header "Content-Type: application/json" \
      --post-data "{\\"workspace_id\\":\\"$WORKSPACE_ID\\",\\"error_rate\\":$rate,\\"sample_error\\":\\"\\",\\"active_tasks\\":0,\\"current_task\\":\\"\\",\\"uptime_seconds\\":1}" \
      "$PLATFORM_URL/registry/heartbeat" > /dev/null
    sleep 0.2
  done
  `,
];

/** The same, but it does not end when it is asked to. */
export const STUBBORN = ['sh', '-c', `trap "" TERM\n${THIRD_PARTY[2]}`];
