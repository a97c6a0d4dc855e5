"""Changes in Horde for measurements: through the bridge, so as Horde itself makes them."""

import http.client
import json
import os
import urllib.parse


def apply(phone, operations):
    """`bridge.apply` for the phone's user; each operation must go well."""
    place = urllib.parse.urlsplit(os.environ["DEMO_RPC_URL"])
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=300)
    request = {"jsonrpc": "2.0", "method": "bridge.apply", "params": [operations], "id": 1}
    connection.request("POST", "/horde/hordeeas/rpc.php", json.dumps(request),
                       {"Authorization": phone.login(), "Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    results = answer.get("result", {}).get("results", [])
    changed = [result.get("changed", True) and "error" not in result for result in results]
    if changed != [True] * len(operations):
        raise RuntimeError(f"bridge.apply: {str(answer)[:2000]}")
