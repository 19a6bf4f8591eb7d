"""Texts that are easily spoilt on their way from a database into JSON."""

TEXTS = (
    "plain",
    "quotes \" ' ` \"\" '' and a comma, too",
    "back\\slash \\\\ \\n \\u0041 \\",
    "controls \x01\x02\x1f\x7f\x80\x9f tab\t line\n return\r bell\a back\b feed\f end",
    "emoji \U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 and \U0001d518\uffff\ufeff",
    "separators \u2028 \u2029 \u0085 \u00a0 end",
    "%s %d %% %(name)s %1$s %",
    ":x :name ::text :1 @y",
    "$1 $$ $tag$ ${x} #{y}",
    "? ?1 ?? ??|",
    "é ü ß ñ e\u0301 漢字 العربية עברית",
    "</script><!-- & --> &amp;",
    '{"json": [null, "\\u00e9"]}',
    "'; DROP TABLE journal_run; -- /* */",
    "null",
    " spaces around ",
    "",
)
"""For free texts, which have no rule but that databases can store them."""

NAMES = (
    "Accounts Receivable",
    'Sales "quoted"',
    "Sales 'single'",
    "Back\\slash\\n",
    "100 % %s %(x)s",
    ":x ::y",
    "$1 $$",
    "? ?1",
    "Größe é ß",
    "漢字 العربية",
    "Emoji \U0001f600",
    "\u017barówka \U0001d518",
    "null",
    "a</b>&c",
    "zz",
    "Zz",
)
"""Names that pass the rule for incoming texts, so that they can also be looked up."""
