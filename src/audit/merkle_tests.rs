use super::*;

/// The leaves of the reference vectors of Certificate Transparency.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Their roots, from one leaf to eight: certificate-transparency,
/// `merkle_tree_test.cc`.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// Of an empty tree.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The definition, word for word.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_le_bytes())).collect()
}

#[test]
fn roots_are_those_of_the_published_vectors() {
    let mut frontier = Frontier::default();
    assert_eq!(const_hex::encode(frontier.root()), EMPTY);
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        frontier.push(leaf_hash(&const_hex::decode(leaf).expect("works")));
        assert_eq!(const_hex::encode(frontier.root()), root);
    }
}

#[test]
fn a_frontier_agrees_with_the_definition_and_knows_its_subtrees() {
    let leaves = leaves(300);
    let mut frontier = Frontier::default();
    for size in 0..leaves.len() {
        assert_eq!(frontier.root(), root_by_definition(&leaves[..size]));
        let again = Frontier::of(size as u64, frontier.subtrees().to_vec());
        assert_eq!(again.as_ref(), Some(&frontier));
        assert_eq!(
            Frontier::of(size as u64 ^ 1, frontier.subtrees().to_vec()),
            None
        );
        for level in 0..10 {
            let width = 1 << level;
            let expected = (size & width != 0).then(|| {
                let begin = size & !(2 * width - 1);
                root_by_definition(&leaves[begin..begin + width])
            });
            assert_eq!(frontier.at_level(level as u32).copied(), expected);
        }
        for level in 0..10 {
            let width = 1 << level;
            let end = size + 1;
            let expected =
                (end % width == 0).then(|| root_by_definition(&leaves[end - width..end]));
            let noted = frontier.clone().push_noting(leaves[size], level as u32);
            assert_eq!(noted, expected);
        }
        frontier.push(leaves[size]);
    }
    assert_eq!(frontier.at_level(64), None);
}

#[test]
fn every_proof_of_every_small_tree_leads_to_its_root_and_to_no_other() {
    let leaves = leaves(70);
    for size in 1..=leaves.len() as u64 {
        let tree = &leaves[..size as usize];
        let root = root_by_definition(tree);
        for index in 0..size {
            let proof: Vec<Hash> = proof_ranges(index, size)
                .into_iter()
                .map(|(begin, end)| root_by_definition(&tree[begin as usize..end as usize]))
                .collect();
            let leaf = tree[index as usize];
            assert_eq!(root_of_proof(index, size, leaf, &proof), Some(root));
            assert_ne!(root_of_proof(index, size, [7; 32], &proof), Some(root));
            for other in (0..size).filter(|other| *other != index) {
                assert_ne!(root_of_proof(other, size, leaf, &proof), Some(root));
            }
            let mut longer = proof.clone();
            longer.push(leaf);
            assert_eq!(root_of_proof(index, size, leaf, &longer), None);
        }
        assert_eq!(root_of_proof(size, size, leaves[0], &[]), None);
    }
}
