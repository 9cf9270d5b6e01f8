"""The page that documents the API."""

from html.parser import HTMLParser


class Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.text = [], set(), [], ""

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.tags.append(tag)
        self.ids.add(told.get("id"))
        self.links += [told["href"]] if "href" in told else []

    def handle_data(self, data):
        self.text += data


def test_every_operation_is_shown_and_nothing_is_loaded(served):
    answer = served.client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    seen = Seen()
    seen.feed(answer.text)
    document = served.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        assert path in seen.text
        for operation in operations.values():
            assert operation["summary"] in seen.text
    assert not {"script", "link", "img", "iframe"} & set(seen.tags)
    for link in seen.links:
        assert link == "/openapi.json" or link[1:] in seen.ids
    assert "eik_9f86d081884c7d659a2f_b3Blbg" in seen.text  # examples are there
