//! The rules of this repository that no compiler knows, as tests. Each failure says which file to change and how.
//! What the program does is tested beside its code and in the other folders here.

mod answers;
mod features;
mod files;
mod infra;
mod layers;
mod machine;
mod manifest;
mod map;
mod packaging;
mod policies;
mod slack_codes;
mod source;
