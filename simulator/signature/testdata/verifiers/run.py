# Reads vectors.json from standard input and writes the verdicts of verify.py, {"name": true or false}.
import base64, json, sys
from verify import verify

verdicts = {}
for v in json.load(sys.stdin)["vectors"]:
    body = base64.b64decode(v["bodyBase64"]) if "bodyBase64" in v else v["body"].encode()
    verdicts[v["name"]] = verify(body, v["header"], v["secret"], v["now"], v["tolerance"])
json.dump(verdicts, sys.stdout)
