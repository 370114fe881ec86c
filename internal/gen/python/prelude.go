package python

import "slices"

// helperTexts are the functions of the generated module, in the order of its
// text. Each is written only if it is used.
var helperTexts = []struct {
	name string
	text string
	uses []string
}{
	{"_adjust", `def _adjust(extra: dict[str, Any], without: list[list[str]]) -> Callable[[dict[str, Any]], None]:
    """Add to a model's JSON schema what Pydantic leaves out, and remove what it adds."""

    def adjust(schema: dict[str, Any]) -> None:
        schema.update(extra)
        for *path, last in without:
            part = schema
            for name in path:
                part = part[name]
            part.pop(last, None)

    return adjust
`, []string{"Any", "Callable"}},
	{"_Inline", `class _Inline(BaseModel):
    """A model whose JSON schema is written where it is used, not as a definition."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        schema = dict(handler.resolve_ref_schema(handler(source)))
        schema.pop("ref", None)
        metadata = schema.get("metadata", {})
        schema["metadata"] = {
            k: v.copy() if isinstance(v, (dict, list)) else v for k, v in metadata.items()
        }
        return schema
`, []string{"Any", "BaseModel"}},
	{"_or_empty", `def _or_empty(value: Any) -> Any:
    """Make an empty list of the None that celery-salt fills in for what is missing."""
    return [] if value is None else value
`, []string{"Any"}},
	{"_or_empty_dict", `def _or_empty_dict(value: Any) -> Any:
    """Make an empty dict of the None that celery-salt fills in for what is missing."""
    return {} if value is None else value
`, []string{"Any"}},
	{"_none", `def _none() -> None:
    """Stand for a member that is missing."""
`, nil},
	{"_is_none", `def _is_none(value: Any) -> bool:
    """Leave a member out of what is sent."""
    return value is None
`, []string{"Any"}},
	{"_one_of", `def _one_of(*allowed: Any) -> Callable[[Any], Any]:
    """Accept these values only."""

    def check(value: Any) -> Any:
        if not any(value == a and isinstance(value, bool) == isinstance(a, bool) for a in allowed):
            raise ValueError("not one of the allowed values")
        return value

    return check
`, []string{"Any", "Callable"}},
	{"_unique", `def _unique(items: Any) -> Any:
    """Accept items that differ from each other only."""
    if any(item in items[:i] for i, item in enumerate(items)):
        raise ValueError("the items must be unique")
    return items
`, []string{"Any"}},
	{"_named", `def _named(name: str) -> Callable[[type], type]:
    """Give a class the name that Pydantic makes its title of."""

    def rename(cls: type) -> type:
        cls.__name__ = name
        return cls

    return rename
`, []string{"Callable"}},
	{"_decimal_text", `def _decimal_text(value: Decimal) -> str:
    """Write all digits, without an exponent."""
    return format(value, "f")
`, []string{"Decimal"}},
	{"_json_text", `def _json_text(value: Any) -> str:
    """Write a value as JSON within a string."""
    return to_json(value).decode()
`, []string{"Any", "to_json"}},
}

// helper returns the name of a function of the module, which it will then have.
func (m *module) helper(name string) string {
	if !slices.Contains(m.helpers, name) {
		m.helpers = append(m.helpers, name)
		for _, h := range helperTexts {
			if h.name == name {
				for _, used := range h.uses {
					m.importAs(used, used)
				}
			}
		}
	}
	return name
}

func (m *module) helperBlocks() []string {
	var blocks []string
	for _, h := range helperTexts {
		if slices.Contains(m.helpers, h.name) {
			blocks = append(blocks, h.text)
		}
	}
	return blocks
}
