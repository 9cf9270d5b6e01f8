"""The page that documents the API: made from the OpenAPI document, without any script."""

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

Document = Mapping[str, Any]

_METHODS = ("get", "put", "post", "patch", "delete")
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem }
h3 { margin: 2.5rem 0 .5rem; font-size: 1.05rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { background: var(--soft); border-radius: .4rem; overflow-x: auto; padding: .7rem 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left;
  vertical-align: top }
.method { border: 1px solid; border-radius: .3rem; font-size: .8rem; margin-right: .5rem;
  padding: .1rem .4rem }
nav ul { columns: 18rem; list-style: none; padding: 0 }
a { color: inherit }
"""


def page(document: Document) -> str:
    """Return the page, in HTML."""
    info = document["info"]
    parts = [_section(document, tag) for tag in document["tags"]]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])} API, version {escape(info['version'])}</h1>"
        f'{_paragraphs(info["description"])}<p><a href="/openapi.json">As OpenAPI document</a></p>'
        f"{_contents(document)}{''.join(parts)}</main></body></html>"
    )


def _contents(document: Document) -> str:
    items = (
        f'<li><a href="#{_anchor(method, path)}">{escape(operation["summary"])}</a></li>'
        for tag in document["tags"]
        for path, method, operation in _operations(document, tag["name"])
    )
    return f'<nav aria-label="Operations"><ul>{"".join(items)}</ul></nav>'


def _section(document: Document, tag: Document) -> str:
    operations = _operations(document, tag["name"])
    shown = (_operation(document, *one) for one in operations)
    about = escape(tag["description"])
    return f"<h2>{escape(tag['name'].capitalize())}</h2><p>{about}</p>{''.join(shown)}"


def _operations(document: Document, tag: str) -> Iterable[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods and tag in methods[method]["tags"]:
                yield path, method, methods[method]


def _operation(document: Document, path: str, method: str, operation: Document) -> str:
    parts = [
        f'<section id="{_anchor(method, path)}"><h3>{escape(operation["summary"])}</h3>',
        f'<p><span class="method">{method.upper()}</span><code>{escape(path)}</code></p>',
        _paragraphs(operation["description"]),
    ]
    if "security" in operation:
        parts.append("<p>Needs a token or a key.</p>")
    if operation.get("parameters"):
        parts.append(_parameters(operation["parameters"]))
    if "requestBody" in operation:
        parts.append(f"<p>Send:</p>{_bodies(document, operation['requestBody']['content'])}")
    for status, said in operation["responses"].items():
        if status.startswith("2"):
            head = f"<p>Answer {status}: {escape(said['description'])}</p>"
            parts.append(head + _bodies(document, said.get("content", {})))
    parts.append(_problems(operation["responses"]))
    return "".join((*parts, "</section>"))


def _parameters(parameters: Iterable[Document]) -> str:
    rows = (
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in parameters
    )
    head = "<tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"


def _bodies(document: Document, content: Mapping[str, Document]) -> str:
    shown = []
    for kind, about in content.items():
        example = about.get("example")
        if example is None:
            example = _example(document, about.get("schema", {}))
        text = example if isinstance(example, str) else json.dumps(example, indent=2)
        shown.append(f"<p><code>{escape(kind)}</code></p><pre>{escape(text)}</pre>")
    return "".join(shown)


def _problems(answers: Mapping[str, Document]) -> str:
    rows = (
        f"<tr><td>{escape(status)}</td><td>{escape(said['description'])}</td></tr>"
        for status, said in sorted(answers.items())
        if status[0] in "45"
    )
    return (
        "<details><summary>What can go wrong</summary><table>"
        f"<tr><th>Status</th><th>Why</th></tr>{''.join(rows)}</table></details>"
    )


def _example(document: Document, schema: Document) -> Any:  # noqa: ANN401  any JSON
    """Return an example of what a schema describes."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _example(document, document["components"]["schemas"][name])
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    return _example(document, schema["anyOf"][0]) if "anyOf" in schema else _made(document, schema)


def _made(document: Document, schema: Document) -> Any:  # noqa: ANN401  any JSON
    """Return an example of an object, an array or a plain value."""
    if "properties" in schema:
        return {name: _example(document, one) for name, one in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_example(document, schema.get("items", {}))]
    plain = {"boolean": True, "integer": 1, "number": 1.0, "object": {}}
    return plain.get(schema.get("type", ""), "…")


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n"))


def _inline(text: str) -> str:
    pieces = escape(text).split("`")
    return "".join(
        f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces)
    )


def _anchor(method: str, path: str) -> str:
    return method + "".join(one if one.isalnum() else "-" for one in path)
