//! The intrinsic functions that return values. Those of conditions are in `conditions`.

use super::{Evaluated, EvaluationError, Evaluator, as_text};
use crate::document::{Node, Value};
use std::net::Ipv4Addr;

/// Whether a text contains a dynamic reference, which AWS replaces.
pub(super) fn is_dynamic(text: &str) -> bool {
    text.contains("{{resolve:")
}

pub(super) fn looked_up<T>() -> Result<T, EvaluationError> {
    error("AWS looks it up when it is made")
}

type Outcome = Result<Evaluated, EvaluationError>;

fn error<T>(reason: impl Into<String>) -> Result<T, EvaluationError> {
    Err(EvaluationError::new(reason))
}

impl Evaluator<'_> {
    pub(super) fn function(&self, name: &str, argument: &Node, depth: usize) -> Outcome {
        self.step(depth)?;
        let value = self.apply(name, argument, depth)?;
        // Joining texts may build a dynamic reference that no part contained.
        if matches!(&value, Evaluated::Text(text) if is_dynamic(text)) { looked_up() } else { Ok(value) }
    }

    fn apply(&self, name: &str, argument: &Node, depth: usize) -> Outcome {
        let parts = argument.as_list().unwrap_or_default();
        match (name, parts) {
            ("Ref", _) => self.reference(&self.text(argument, depth)?, depth),
            ("Fn::Sub", _) => self.substitute(argument, depth),
            ("Fn::GetAtt", _) => self.get_att(argument, depth),
            ("Fn::Join", [separator, list]) => self.join(separator, list, depth),
            ("Fn::Split", [separator, text]) => self.split(separator, text, depth),
            ("Fn::Select", [index, list]) => self.select(index, list, depth),
            ("Fn::If", [condition, yes, no]) => {
                self.either(condition.as_text().unwrap_or_default(), yes, no, depth)
            }
            ("Fn::FindInMap", [_, _, _, ..]) => self.find_in_map(parts, depth),
            ("Fn::Base64", _) => Ok(Evaluated::Text(base64(self.text(argument, depth)?.as_bytes()))),
            ("Fn::Cidr", [block, count, ..]) => self.cidr(block, count, parts.get(2), depth),
            ("Fn::GetAZs", _) => error("AWS decides which zones there are"),
            ("Fn::ImportValue", _) => error("another stack gives it"),
            ("Fn::Length", _) => Ok(Evaluated::Text(self.list(argument, depth)?.len().to_string())),
            _ => error(format!("`{name}` cannot be evaluated here")),
        }
    }

    /// Evaluates one of two branches by a condition. If only AWS knows the condition, returns the value that both
    /// have in common.
    fn either(&self, condition: &str, yes: &Node, no: &Node, depth: usize) -> Outcome {
        match self.condition(condition, depth) {
            Ok(holds) => self.evaluate(if holds { yes } else { no }, depth),
            Err(why) => {
                let value = self.evaluate(yes, depth)?;
                if self.evaluate(no, depth)? == value { Ok(value) } else { Err(why) }
            }
        }
    }

    fn get_att(&self, argument: &Node, depth: usize) -> Outcome {
        match argument.as_list() {
            Some([resource, attribute]) => {
                self.attribute(&self.text(resource, depth)?, &self.text(attribute, depth)?, depth)
            }
            Some(_) => error("`Fn::GetAtt` takes a resource and an attribute"),
            None => match self.text(argument, depth)?.split_once('.') {
                Some((resource, attribute)) => self.attribute(resource, attribute, depth),
                None => error("`Fn::GetAtt` takes a resource and an attribute"),
            },
        }
    }

    fn substitute(&self, argument: &Node, depth: usize) -> Outcome {
        let (template, own): (&Node, &[_]) = match argument.as_list() {
            Some([template, variables]) => (template, variables.as_map().unwrap_or_default()),
            Some(_) => return error("`Fn::Sub` takes a text and a map"),
            None => (argument, &[]),
        };
        // CloudFormation allows no function as the text itself.
        let Value::Scalar { text, .. } = &template.value else {
            return error("`Fn::Sub` takes a text");
        };
        let mut result = String::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return error("a `${` in `Fn::Sub` is not closed");
            };
            rest = after;
            // `${!Literal}` stands for `${Literal}`.
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
                continue;
            }
            let name = name.trim();
            let value = match own.iter().find(|entry| entry.key == name) {
                Some(entry) => self.evaluate(&entry.value, depth + 1)?,
                None => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute, depth + 1)?,
                    None => self.reference(name, depth + 1)?,
                },
            };
            result.push_str(&as_text(value)?);
            // Checked at every step, so that a text of many references cannot grow large first.
            result = as_text(Evaluated::Text(result))?;
        }
        result.push_str(rest);
        as_text(Evaluated::Text(result)).map(Evaluated::Text)
    }

    fn join(&self, separator: &Node, list: &Node, depth: usize) -> Outcome {
        let separator = self.text(separator, depth)?;
        let mut result = String::new();
        for (index, value) in self.list(list, depth)?.into_iter().enumerate() {
            if index > 0 {
                result.push_str(&separator);
            }
            result.push_str(&as_text(value)?);
            result = as_text(Evaluated::Text(result))?;
        }
        Ok(Evaluated::Text(result))
    }

    fn split(&self, separator: &Node, text: &Node, depth: usize) -> Outcome {
        let separator = self.text(separator, depth)?;
        if separator.is_empty() {
            return error("`Fn::Split` needs something to split at");
        }
        let text = self.text(text, depth)?;
        Ok(Evaluated::List(text.split(&separator).map(|part| Evaluated::Text(part.to_owned())).collect()))
    }

    fn select(&self, index: &Node, list: &Node, depth: usize) -> Outcome {
        let index = self.text(index, depth)?;
        let values = self.list(list, depth)?;
        let chosen = index.parse::<usize>().ok().and_then(|index| values.into_iter().nth(index));
        chosen.map_or_else(|| error(format!("the list has no element {index}")), Ok)
    }

    fn find_in_map(&self, parts: &[Node], depth: usize) -> Outcome {
        let mut place = &self.template.mappings;
        for part in &parts[..3] {
            let key = self.text(part, depth)?;
            place = match place.get(&key) {
                Some(place) => place,
                None => match parts.get(3).and_then(|options| options.get("DefaultValue")) {
                    Some(default) => return self.evaluate(default, depth),
                    None => return error(format!("the mappings have no `{key}`")),
                },
            };
        }
        self.evaluate(place, depth)
    }

    /// Returns subnets with `bits` host bits of an IPv4 block.
    fn cidr(&self, block: &Node, count: &Node, bits: Option<&Node>, depth: usize) -> Outcome {
        let block = self.text(block, depth)?;
        let count = self.text(count, depth)?;
        let bits = bits.map_or_else(|| Ok("8".to_owned()), |bits| self.text(bits, depth))?;
        // It is undocumented what AWS does with a block that is not written with its first address.
        if first_of_block(&block).is_some_and(|first| first != block) {
            return error(format!("`{block}` does not begin with its first address"));
        }
        let Some(blocks) = subnets(&block, &count, &bits) else {
            return error(format!("`{block}` cannot be divided into {count} blocks of {bits} bits"));
        };
        Ok(Evaluated::List(blocks.into_iter().map(Evaluated::Text).collect()))
    }
}

/// Rewrites a block with its first address: `10.0.0.0/16` for `10.0.3.7/16`.
pub(super) fn first_of_block(block: &str) -> Option<String> {
    let length: u32 = block.split_once('/')?.1.parse().ok()?;
    let address = u32::from(block.split_once('/')?.0.parse::<Ipv4Addr>().ok()?);
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(length)?).unwrap_or(0);
    Some(format!("{}/{length}", Ipv4Addr::from(address & mask)))
}

fn subnets(block: &str, count: &str, bits: &str) -> Option<Vec<String>> {
    let (address, length) = block.split_once('/')?;
    let address = u32::from(address.parse::<Ipv4Addr>().ok()?);
    let length: u32 = length.parse().ok().filter(|length| *length <= 32)?;
    let count: u64 = count.parse().ok().filter(|count| (1..=256).contains(count))?;
    let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32 - length)?;
    // In 64 bits, because a `/0` block has 2^32 addresses.
    if count << bits > 1 << (32 - length) {
        return None;
    }
    let blocks = (0..count).map(|n| {
        let start = u32::try_from(u64::from(address) + (n << bits)).ok()?;
        Some(format!("{}/{}", Ipv4Addr::from(start), 32 - bits))
    });
    blocks.collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let block =
            chunk.iter().fold(0, |block, byte| block << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let letter = LETTERS[block >> (18 - 6 * index) & 63];
            text.push(if index <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_rfc_4648_does() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_block_is_called_by_its_first_address() {
        for (written, read) in [
            ("10.0.3.7/16", "10.0.0.0/16"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("1.2.3.4/32", "1.2.3.4/32"),
        ] {
            assert_eq!(first_of_block(written).as_deref(), Some(read), "{written}");
        }
        for wrong in ["10.0.0.0", "10.0.0.0/33", "x/8", "::1/64"] {
            assert_eq!(first_of_block(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_address_block_is_divided_as_far_as_it_goes() {
        assert_eq!(subnets("10.0.0.0/16", "2", "8").unwrap(), ["10.0.0.0/24", "10.0.1.0/24"]);
        assert_eq!(subnets("0.0.0.0/0", "1", "32").unwrap(), ["0.0.0.0/0"]);
        for wrong in
            [("10.0.0.0/24", "2", "8"), ("x", "1", "1"), ("10.0.0.0/33", "1", "1"), ("10.0.0.0/8", "0", "8")]
        {
            assert_eq!(subnets(wrong.0, wrong.1, wrong.2), None, "{wrong:?}");
        }
    }
}
