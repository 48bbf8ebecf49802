//! Parses YAML into a [`Node`], keeping scalars as written and converting CloudFormation's short tags into the long
//! form.
//!
//! Aliases are refused, as in CloudFormation, so a text cannot expand into more than was written. `scanner` turns the
//! text into tokens (`scalars` those that hold a text), and `parser` turns tokens into nodes.

mod parser;
mod scalars;
mod scanner;
mod tags;
mod text;

use super::builder::checked;
use super::{Node, ParseProblem};

/// Parses one YAML document; `!Sub x` becomes `{"Fn::Sub": x}`, `!Ref x` becomes `{"Ref": x}`.
pub fn parse_yaml(text: &str) -> Result<Node, ParseProblem> {
    parser::Parser::new(checked(text)?)?.document()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{MAX_DEPTH, Value};

    fn shown(node: &Node) -> String {
        match &node.value {
            Value::Scalar { text, plain: true } => text.clone(),
            Value::Scalar { text, plain: false } => format!("{text:?}"),
            Value::List(nodes) => format!("[{}]", nodes.iter().map(shown).collect::<Vec<_>>().join(", ")),
            Value::Map(entries) => {
                let pairs: Vec<String> =
                    entries.iter().map(|entry| format!("{}: {}", entry.key, shown(&entry.value))).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }

    fn read(text: &str) -> String {
        match parse_yaml(text) {
            Ok(node) => shown(&node),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn scalars_keep_the_digits_and_words_that_were_written() {
        insta::assert_snapshot!(
            read("a: 0755\nb: yes\nc: 2010-09-09\nd: True\ne: 1e3\nf: '5'\ng:\nh: ~\ni: !!str 7\n"),
            @r#"{a: 0755, b: yes, c: 2010-09-09, d: True, e: 1e3, f: "5", g: , h: ~, i: "7"}"#
        );
    }

    #[test]
    fn short_tags_become_the_long_form_at_any_depth() {
        insta::assert_snapshot!(
            read("a: !Ref X\nb: !GetAtt Db.Endpoint.Port\nc: !Join ['-', [!Ref A, !Sub '${B}']]\nd: !If [C, !GetAtt [R, Arn], x]\ne: !Condition K\nf: !Transform {Name: N}\n"),
            @r#"{a: {Ref: "X"}, b: {Fn::GetAtt: ["Db", "Endpoint.Port"]}, c: {Fn::Join: ["-", [{Ref: "A"}, {Fn::Sub: "${B}"}]]}, d: {Fn::If: [C, {Fn::GetAtt: [R, Arn]}, x]}, e: {Condition: "K"}, f: {Fn::Transform: {Name: N}}}"#
        );
    }

    #[test]
    fn every_value_knows_its_line() {
        let node = parse_yaml("a: 1\nb:\n  c: |\n    text\n  d: [x,\n    y]\n").unwrap();
        let b = node.get("b").unwrap();
        assert_eq!(b.get("d").unwrap().as_list().unwrap()[1].line, 6);
        assert_eq!(b.as_map().unwrap()[1].line, 5);
        assert_eq!(b.get("c").unwrap().as_text(), Some("text\n"));
    }

    #[test]
    fn windows_line_ends_read_the_same() {
        assert_eq!(read("a: 1\r\nb:\r\n  - x\r\n"), read("a: 1\nb:\n  - x\n"));
    }

    #[test]
    fn what_is_not_read_is_said_with_its_line_and_what_to_do() {
        let texts = [
            "a: 1\na: 2\n",
            "a: &x [1]\nb: *x\n",
            "a: &x {b: c}\n<<: {d: e}\n",
            "a: 1\n---\nb: 2\n",
            "# nothing\n",
            "? [a]\n: 1\n",
            "a:\n  : 1\n",
            "a: [1\nb: 2\n",
            "a: {b: [1, 2\n",
            "a: [1 2]\nb: }\n",
            "a: 1\n  b: 2\n",
            "a:\n  b: 1\n c: 2\n",
            "a: 1\nb\nc: 2\n",
            "a: x: y\n",
            "a: |\n  x\n\ty\n",
            "a:\n\tb: 1\n",
            "a: @x\n",
            "a: *\n",
            "a: %x\n",
            "a: 'it's'\n",
            "a: 'x\nb: 1\n",
            "a: \"\\d\"\n",
            "a: !!binary aGk=\n",
            "a: !!Ref x\n",
            "a: !x!y z\n",
            "a: b\u{7}\n",
            "%YAML 3.0\n---\na: b\n",
        ];
        let lines: Vec<String> = texts.into_iter().map(|text| format!("{text:?} {}", read(text))).collect();
        insta::assert_snapshot!(lines.join("\n"), @r##"
        "a: 1\na: 2\n" line 2: the key `a` is here twice
        "a: &x [1]\nb: *x\n" line 2: aliases (`*x`) are not read, neither here nor by CloudFormation: write the value out
        "a: &x {b: c}\n<<: {d: e}\n" line 2: a merge (`<<`) is not read, neither here nor by CloudFormation: write the values out
        "a: 1\n---\nb: 2\n" line 2: a second document starts here, only one is read
        "# nothing\n" line 1: there is nothing in it
        "? [a]\n: 1\n" line 1: a key must be plain text
        "a:\n  : 1\n" line 2: there is a `:` where it cannot stand: remove it, or put the text into quotes
        "a: [1\nb: 2\n" line 2: a `,` or `]` should be here, because the `[` in line 1 is still open
        "a: {b: [1, 2\n" line 1: the `[` here is never closed
        "a: [1 2]\nb: }\n" line 2: there is a `}` where it cannot stand: remove it, or put the text into quotes
        "a: 1\n  b: 2\n" line 2: a `:` with a blank behind it makes a key, and none can stand here: put the text into quotes, or the key on a line of its own
        "a:\n  b: 1\n c: 2\n" line 3: this line is indented differently from line 1, which it should go on with
        "a: 1\nb\nc: 2\n" line 2: here stands a text where a key should, without a `:` and a blank behind it on the same line: write `key: value`, or indent the line if it belongs to the text above
        "a: x: y\n" line 1: a `:` with a blank behind it makes a key, and none can stand here: put the text into quotes, or the key on a line of its own
        "a: |\n  x\n\ty\n" line 3: a tab stands where only spaces may: indent with spaces
        "a:\n\tb: 1\n" line 2: a tab stands where only spaces may: indent with spaces
        "a: @x\n" line 1: a text cannot begin with `@`: put it into quotes
        "a: *\n" line 1: a text cannot begin with `*`: put it into quotes
        "a: %x\n" line 1: a text cannot begin with `%`: put it into quotes
        "a: 'it's'\n" line 1: there is more text where the value has ended: indent it, or put it into quotes together with what stands before it
        "a: 'x\nb: 1\n" line 1: a text begins here with `'` and has no closing one
        "a: \"\\d\"\n" line 1: `\d` means nothing in double quotes: write `\\` for a backslash, or use single quotes
        "a: !!binary aGk=\n" line 1: the tag `!!binary` is read neither here nor by CloudFormation: write the value without it, or one `!` before a function
        "a: !!Ref x\n" line 1: the tag `!!Ref` is read neither here nor by CloudFormation: write the value without it, or one `!` before a function
        "a: !x!y z\n" line 1: no `%TAG` line says what `!x!` means
        "a: b\u{7}\n" line 1: the character U+0007 cannot be printed: remove it
        "%YAML 3.0\n---\na: b\n" line 1: YAML 3.0 is not read: write `%YAML 1.1`
        "##);
    }

    #[test]
    fn what_pyyaml_takes_is_taken_and_means_the_same() {
        let texts = [
            // Brackets that close at the key's column or further out, around nothing, texts, and nested values.
            "a: [\n  x,\n  \"y\"\n]\nb: [\n]\n",
            "a:\n  b: [\n  x,\ny ]\n  c: {\n}\n",
            "a: [\n  {b: c}, d\n,\n]\n",
            "a: {\nb: c,\n\td: e }\n",
            // A comment directly after a value.
            "a: \"x\"#c\nb: 'y'#c\nc: [x]#c\nd: {}#c\ne: x#y\n",
            "a: |#c\n  x\nb: >- # c\n  y\n  z\n",
            // Tags in all spellings.
            "a: ! \"Ref\"\nb: !Ref \"\"\nc: !Ref\nd: [!Ref, !GetAZs , !Sub x]\ne: !<!Ref> x\nf: ! 5\ng: !!str 5\nh: !!int \"5\"\n",
            "a: !If\n- x\n- !Ref y\n- z\nb:\n- c\n",
            "%TAG !f! !\n---\na: !f!Ref x\n",
            // Anchors without references, complex keys that are plain text, keys without a value.
            "a: &x y\n? b\n: c\n? d\ne:\n",
            "{a, b: , ? c : d}\n",
            "[a: b, ? c]\n",
            // Line ends, markers and whitespace.
            "\u{feff}--- # c\r\na: b\r\n...\r\n",
            "--- {a: b}\n...\n",
            "a:\tb\n",
            "a: \"x\\\n  y \\\n\n  z\"\n",
            // Block scalars with odd indentation.
            "a: |2\n    x\n   y\nb: >\n\n  x\n   y\n\n  z\n\nc: |+\n  x\n\nd: |-\n\n  x\n\n",
            // Plain scalars that only look like something else.
            "a: -x\nb: ?y\nc: :z\nd: http://x:1\ne: {f: a:b, g: http://x}\nh: 0o7\ni: 1_000\nj: 12:30\n",
        ];
        let lines: Vec<String> = texts.into_iter().map(read).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {a: [x, "y"], b: []}
        {a: {b: [x, y], c: {}}}
        {a: [{b: c}, d]}
        {a: {b: c, d: e}}
        {a: "x", b: "y", c: [x], d: {}, e: x#y}
        {a: "x\n", b: "y z"}
        {a: Ref, b: {Ref: ""}, c: {Ref: ""}, d: [{Ref: ""}, {Fn::GetAZs: ""}, {Fn::Sub: "x"}], e: {Ref: "x"}, f: 5, g: "5", h: 5}
        {a: {Fn::If: [x, {Ref: "y"}, z]}, b: [c]}
        {a: {Ref: "x"}}
        {a: y, b: c, d: , e: }
        {a: , b: , c: d}
        [{a: b}, {c: }]
        {a: b}
        {a: b}
        {a: b}
        {a: "xy \nz"}
        {a: "  x\n y\n", b: "\nx\n y\n\nz\n", c: "x\n\n", d: "\nx"}
        {a: -x, b: ?y, c: :z, d: http://x:1, e: {f: a:b, g: http://x}, h: 0o7, i: 1_000, j: 12:30}
        "#);
    }

    #[test]
    fn quoted_text_may_go_on_at_the_margin_as_it_may_in_cloudformation() {
        let text = "a:\n  b: 'one\n  it''s two\n\n  three'\n  c: \"x\\\"\n\"\n  d: 1\n";
        insta::assert_snapshot!(read(text), @r#"{a: {b: "one it's two\nthree", c: "x\" ", d: 1}}"#);
        assert_eq!(parse_yaml(text).unwrap().get("a").unwrap().get("d").unwrap().line, 8);
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert!(parse_yaml(&"[".repeat(100_000)).is_err());
        assert!(parse_yaml(&"- ".repeat(100_000)).is_err());
        let nested = format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        insta::assert_snapshot!(parse_yaml(&nested).unwrap_err(), @"line 1: lists and maps are nested more than 128 deep");
    }
}
