//! Turns parameter keys into words: `DBInstanceClass` becomes "DB instance class".

/// Words that are always written in capitals.
const CAPITALS: [&str; 48] = [
    "acl", "acm", "ai", "alb", "ami", "api", "arn", "asg", "aws", "az", "cidr", "cpu", "db", "dns", "ebs",
    "ec2", "ecr", "ecs", "efs", "eks", "elb", "emr", "fsx", "gb", "http", "https", "iam", "id", "iops", "ip",
    "json", "kms", "mfa", "nat", "nlb", "rds", "s3", "sns", "sqs", "ssh", "ssl", "ssm", "tcp", "tls", "ttl",
    "url", "vpc", "vpn",
];

/// Returns the key as words, starting with a capital letter.
pub(super) fn readable(key: &str) -> String {
    let mut label = String::new();
    for word in words(key) {
        let lower = word.to_lowercase();
        let text = if CAPITALS.contains(&lower.as_str()) || is_acronym(&word) {
            word.to_uppercase()
        } else if label.is_empty() {
            capitalized(&lower)
        } else {
            lower
        };
        if !label.is_empty() {
            label.push(' ');
        }
        label.push_str(&text);
    }
    if label.is_empty() { key.to_owned() } else { label }
}

fn is_acronym(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Splits a key into words: before a capital after a small letter or digit, and before the last capital of a run
/// (`DBName`).
fn words(key: &str) -> Vec<String> {
    let chars: Vec<char> = key.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut previous: Option<char> = None;
    for (at, c) in chars.iter().copied().enumerate() {
        let next_is_small = chars.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let starts = match previous {
            None => true,
            Some(previous) => c.is_uppercase() && (!previous.is_uppercase() || next_is_small),
        };
        // Separators end a word and are not part of the label.
        if !c.is_alphanumeric() {
            previous = None;
            continue;
        }
        previous = Some(c);
        match words.last_mut() {
            Some(word) if !starts => word.push(c),
            Some(_) | None => words.push(c.to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_words_that_people_read() {
        for (key, label) in [
            ("DatabaseName", "Database name"),
            ("DBInstanceClass", "DB instance class"),
            ("VpcId", "VPC ID"),
            ("VPCCidr", "VPC CIDR"),
            ("S3BucketName", "S3 bucket name"),
            ("environment", "Environment"),
            ("EC2KeyPair", "EC2 key pair"),
            ("Subnet1Id", "Subnet1 ID"),
            ("my_key", "My key"),
            ("A", "A"),
        ] {
            assert_eq!(readable(key), label);
        }
    }
}
